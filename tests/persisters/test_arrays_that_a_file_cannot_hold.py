"""Masks and objects are refused by NumpyFile; without `output=` nothing is lost."""

import copy

import numpy as np
import pytest

from counting import staged, warned
from remade import NumpyFile, make

MASKED = np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False], fill_value=-7)
OBJECTS = np.array([1, "a", None, [2]], dtype=object)
HIDDEN = np.array([(1, "a")], dtype=[("x", "i4"), ("y", object)])
OTHERS = {"masked": MASKED, "objects": OBJECTS, "objects in fields": HIDDEN}


@pytest.mark.parametrize("name", OTHERS)
def test_numpy_file_refuses_them_and_the_value_is_returned(tmp_path, name):
    runs = []

    @make(cachedir=tmp_path / "c", output=NumpyFile(tmp_path / "f.npy"), ignore=("runs",))
    def f(name, runs):
        runs.append(1)
        return OTHERS[name]

    for _ in range(2):
        with warned(("f.npy", "could not be saved", "TypeError")):
            assert f(name, runs) is OTHERS[name]
    assert len(runs) == 2
    assert not (tmp_path / "f.npy").exists()
    assert staged(tmp_path) == []


@pytest.mark.parametrize("name", OTHERS)
def test_by_hand_it_is_a_type_error(tmp_path, name):
    with pytest.raises(TypeError):
        NumpyFile(tmp_path / "f.npy").save(OTHERS[name])
    assert list(tmp_path.iterdir()) == []


def test_without_output_nothing_is_lost(tmp_path):
    made = make(lambda name: OTHERS[name].copy(), cachedir=tmp_path, keep="all")
    for _ in range(2):
        masked = made("masked")
        assert type(masked) is np.ma.MaskedArray
        np.testing.assert_array_equal(masked.mask, MASKED.mask)
        np.testing.assert_array_equal(masked.data, MASKED.data)
        assert masked.fill_value == -7
        assert made("objects").tolist() == OBJECTS.tolist()
        assert made("objects in fields").tolist() == HIDDEN.tolist()
    assert made.cache_info().ran == 3


@pytest.mark.parametrize(
    "value",
    [
        np.recarray((2,), [("a", "i4")]),
        np.float32(1.5),
        np.str_("a"),
        np.datetime64("NaT"),
        np.array([(1,)], [("a", "i4")])[0],
        np.dtype("f8"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_things_of_numpy_keep_their_type(tmp_path, value):
    # Not the very object that the closure holds: that would be known from here on.
    made = make(lambda: copy.copy(value), cachedir=tmp_path)
    for _ in range(3):
        result = made()
        assert type(result) is type(value)
        assert repr(result) == repr(value)
    assert made.cache_info().ran == 1
