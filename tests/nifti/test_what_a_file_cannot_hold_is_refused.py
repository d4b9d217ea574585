"""One clear error for each value and option that has no place in a NIfTI file, and no file left."""

import numpy as np
import pytest

from counting import staged, warned
from remade import MemMappedNiftiFile, NiftiFile, make

VALUES = {
    "none": (None, TypeError, "not None"),
    "list": ([1, 2], TypeError, "array of numpy or an image"),
    "number": (3.5, TypeError, "array of numpy or an image"),
    "masked": (np.ma.masked_array([1.0], [True]), TypeError, "mask"),
    "objects": (np.array([None]), TypeError, "object"),
    "text": (np.array(["a"]), TypeError, "<U1"),
    "bytes": (np.array([b"a"]), TypeError, "S1"),
    "times": (np.array(["2020-01-01"], "M8[D]"), TypeError, "datetime64"),
    "durations": (np.array([1], "m8[s]"), TypeError, "timedelta64"),
    "long double": (np.zeros(2, np.longdouble), TypeError, "at most 64 bits"),
    "long complex": (np.zeros(2, np.clongdouble), TypeError, "at most 64 bits"),
    "structured": (np.zeros(2, [("a", "f4")]), TypeError, "at most 64 bits"),
    "bgr": (np.zeros(2, [("B", "u1"), ("G", "u1"), ("R", "u1")]), TypeError, "numbers"),
    "wide rgb": (np.zeros(2, [("R", "u2"), ("G", "u2"), ("B", "u2")]), TypeError, "numbers"),
    "0-d": (np.array(3.5), ValueError, "one to seven dimensions"),
    "8-d": (np.zeros((1,) * 8), ValueError, "one to seven dimensions"),
    "zero length": (np.zeros((3, 0, 2)), ValueError, "each at least 1"),
}


@pytest.mark.parametrize("end", [".nii", ".nii.gz"])
@pytest.mark.parametrize("name", VALUES)
def test_by_hand_it_is_an_error_and_leaves_no_file(tmp_path, name, end):
    value, error, text = VALUES[name]
    with pytest.raises(error, match=text):
        NiftiFile(tmp_path / f"a{end}").save(value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", VALUES)
def test_in_a_made_function_the_value_is_returned(tmp_path, name):
    value, error, text = VALUES[name]
    runs = []

    @make(cachedir=tmp_path / "c", output=NiftiFile(tmp_path / "a.nii.gz"), ignore=("runs",))
    def f(name, runs):
        runs.append(1)
        return VALUES[name][0]

    for _ in range(2):
        with warned(("a.nii.gz", "could not be saved", error.__name__, text)):
            assert f(name, runs) is value
    assert len(runs) == 2
    assert not (tmp_path / "a.nii.gz").exists()
    assert staged(tmp_path) == []


@pytest.mark.parametrize("name", ["a.npy", "a", "a.nii.bz2", "nii", "a.gz", "a.mgz"])
@pytest.mark.parametrize("persister", [NiftiFile, MemMappedNiftiFile])
def test_other_extensions_are_refused(name, persister):
    with pytest.raises(ValueError, match=r"ends in \.nii"):
        persister(name)


@pytest.mark.parametrize("name", ["a.hdr", "a.img", "a.img.gz"])
def test_pairs_are_not_written(tmp_path, name):
    with pytest.raises(ValueError, match="pairs of files are read, not written"):
        NiftiFile(tmp_path / name).save(np.zeros(3))
    assert list(tmp_path.iterdir()) == []


AFFINES = {
    "3 by 3": np.eye(3),
    "text": "mni",
    "nan": np.diag([1, np.nan, 1, 1]),
    "infinite": np.diag([1, 1, np.inf, 1]),
    "ragged": [[1, 2], [3]],
    "last row": np.ones((4, 4)),
    "complex": np.eye(4) * 1j,
}


@pytest.mark.parametrize("name", AFFINES)
def test_what_is_no_affine_is_refused(name):
    with pytest.raises(ValueError, match="affine"):
        NiftiFile("a.nii", affine=AFFINES[name])


def test_an_affine_that_the_format_rounds_to_infinity_is_refused(tmp_path):
    with pytest.raises(ValueError, match="finite"):
        NiftiFile(tmp_path / "a.nii", affine=np.diag([1e60, 1, 1, 1])).save(np.zeros(3))
    assert list(tmp_path.iterdir()) == []


def test_options_that_mean_nothing_are_refused(tmp_path):
    for options in [{"order": "zyx"}, {"order": "C"}]:
        with pytest.raises(ValueError, match="tzyx"):
            NiftiFile("a.nii", **options)
    for options in [{"order": "tzyx"}, {"dtype": "f4"}]:
        with pytest.raises(ValueError, match="leave out order and dtype"):
            NiftiFile("a.nii", image=True, **options)
    for dtype in [bool, "float16", ">f2"]:
        with pytest.raises(
            ValueError, match="no NIfTI file has elements of the type (bool|float16)"
        ):
            MemMappedNiftiFile("a.nii", dtype=dtype)
        NiftiFile("a.nii", dtype=dtype)
    for dtype in ["U3", object, "M8[s]", np.longdouble, np.clongdouble]:
        with pytest.raises(ValueError, match="dtype="):
            NiftiFile("a.nii", dtype=dtype)
    for mode in ["r+", "w+", None]:
        with pytest.raises(ValueError, match="mode="):
            MemMappedNiftiFile("a.nii", mode=mode)
    for header in [3, object(), np.eye(4), b"bytes"]:
        with pytest.raises(TypeError, match="header="):
            NiftiFile("a.nii", header=header)
    with pytest.raises(FileNotFoundError):
        NiftiFile("a.nii", header=tmp_path / "none.nii")
    with pytest.raises(ValueError, match="compressed file cannot be mapped"):
        MemMappedNiftiFile("a.nii.gz")


def test_cifti_is_refused(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    path = f"{nibabel.__path__[0]}/tests/data/row_major.dconn.nii"
    with pytest.raises(ValueError, match="CIFTI"):
        NiftiFile(path).load()
    with pytest.raises(ValueError, match="CIFTI"):
        MemMappedNiftiFile(path).load()
    with pytest.raises(ValueError, match="CIFTI"):
        NiftiFile(tmp_path / "a.nii", header=path)
    with pytest.raises(TypeError, match="CIFTI"):
        NiftiFile(tmp_path / "a.nii").save(nibabel.load(path))
    assert list(tmp_path.iterdir()) == []
