"""A file has no truth values: that they come back as numbers is told, once for each function."""

import numpy as np
import pytest

from counting import warned
from remade import MemMappedNiftiFile, NiftiFile, make

TOLD = ("True and False", "NiftiFile(..., dtype=bool)")


def above(least):
    return np.arange(24).reshape(2, 3, 4) > least


@pytest.mark.parametrize("persister", [NiftiFile, MemMappedNiftiFile])
def test_once_for_each_function(tmp_path, persister):
    output = persister(tmp_path / "mask.nii")
    made = make(above, cachedir=tmp_path / "c", output=output)
    with warned(("above: the result holds", f"remade.{persister.__name__}", *TOLD)):
        assert made(2).dtype == bool
        made(3)
    assert made(3).dtype == np.uint8


def test_with_its_place_in_the_result(tmp_path):
    output = (NiftiFile, {"b": NiftiFile})
    made = make(lambda: (np.ones((2, 2)), {"b": above(2)}), cachedir=tmp_path, output=output)
    with warned(("the result[1]['b'] holds", *TOLD)):
        made()


@pytest.mark.parametrize("dtype", [bool, "uint8"])
def test_who_says_what_comes_back_is_told_nothing(tmp_path, dtype):
    output = NiftiFile(tmp_path / "mask.nii.gz", dtype=dtype)
    made = make(above, cachedir=tmp_path / "c", output=output)
    made(2)
    assert made(2).dtype == dtype


def test_numbers_are_told_nothing(tmp_path):
    output = NiftiFile(tmp_path / "mask.nii.gz")
    made = make(lambda: above(2).astype("uint8"), cachedir=tmp_path / "c", output=output)
    assert made().dtype == made().dtype == np.uint8
