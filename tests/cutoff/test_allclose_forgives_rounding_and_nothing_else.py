"""Numbers may differ by their rounding; type, shape, order, labels and all else may not."""

import datetime
import math

import numpy as np
import pytest

from remade import allclose

CLOSE = allclose(rtol=1e-9)
EPS = 1e-12
NAN, INF = float("nan"), float("inf")

SAME = [
    (1.0, 1.0 + EPS),
    (NAN, NAN),
    (INF, INF),
    (0.0, -0.0),
    (1 + 2j, 1 + 2j + EPS),
    (complex(NAN, 1), complex(NAN, 1 + EPS)),
    (complex(INF, 1), complex(INF, 1)),
    ([1.0, (2.0, {"a": 3.0})], [1.0 + EPS, (2.0, {"a": 3.0 - EPS})]),
    ("a", "a"),
    (3, 3),
    (None, None),
    ({1, 2}, {2, 1}),
    (datetime.date(2020, 1, 1), datetime.date(2020, 1, 1)),
    (np.float64(1), np.float64(1 + EPS)),
    (np.array([1.0, NAN, INF, -INF]), np.array([1.0 + EPS, NAN, INF, -INF])),
    (np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3))),
    (
        np.array([1j, complex(NAN, 2), complex(1, INF)]),
        np.array([1j + EPS, complex(NAN, 2 + EPS), complex(1, INF)]),
    ),
    (np.array([1, 2]), np.array([1, 2])),
    (np.array(["a"]), np.array(["a"])),
    (np.array(["NaT", "2020"], "M8[D]"), np.array(["NaT", "2020"], "M8[D]")),
    (np.array([(1, 2.0)], "i4,f8"), np.array([(1, 2.0 + EPS)], "i4,f8")),
    (np.array([1.0, "a"], object), np.array([1.0 + EPS, "a"], object)),
    (np.zeros(0), np.zeros(0)),
    (np.array(1.0), np.array(1.0 + EPS)),
    (np.longdouble(1), np.longdouble(1 + EPS)),
]
OTHER = [
    (1.0, 1.00001), (1.0, 1), (1, 1.0), (True, 1), (1, 2), (NAN, 1.0), (1.0, INF), (INF, 1.0), (INF, -INF), (0.0, EPS), (1.0, "1.0"),
    (1 + 1j, 1.0), (complex(NAN, 1), complex(1, NAN)), ([1.0], (1.0,)), ([1.0], [1.0, 1.0]), ({"a": 1.0}, {"b": 1.0}), ({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}),
    ({1: 0}, {1.0: 0}), ({1}, {True}), ("a", "b"), (abs, abs.__call__), (object(), object), (np.float64(1), 1.0), (np.float32(1), np.float64(1)),
    (np.array([1.0]), np.array([1.00001])), (np.array([1.0]), np.array([1.0], "f4")), (np.array([1.0]), np.array([1.0], ">f8")), (np.array([1.0]), np.array([[1.0]])),
    (np.array([1.0]), [1.0]), (np.array([NAN]), np.array([1.0])), (np.array([INF]), np.array([1e308])), (np.array([1e308]), np.array([-1e308])),
    (np.array([1, 2]), np.array([1, 3])), (np.array([True]), np.array([1])), (np.array(["a"]), np.array(["b"])), (np.array(["NaT"], "M8[D]"), np.array(["2020"], "M8[D]")),
    (np.array([(1, 2.0)], "i4,f8"), np.array([(2, 2.0)], "i4,f8")), (np.array([1.0, 1], object), np.array([1.0, 1.0], object)),
    (np.array([1j]), np.array([complex(INF, 1)])), (np.array([6e4], "f2"), np.array([-6e4], "f2")), (np.ma.masked_array([1.0], [0]), np.ma.masked_array([1.0], [1])),
    (np.array([1.0]), np.ma.masked_array([1.0])),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), SAME)
def test_close(old, new):
    assert CLOSE(old, new) is True
    assert CLOSE(old, old) is True


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_not_close(old, new):
    assert CLOSE(old, new) is False
    assert CLOSE([old], [new]) is False


def test_tolerances_are_of_the_old_number():
    assert allclose(rtol=0.5)(2.0, 3.0)
    assert not allclose(rtol=0.4)(2.0, 3.0)
    assert allclose(rtol=0, atol=1)(2.0, 3.0)
    assert allclose(rtol=0.25, atol=0.5)(np.array([2.0]), np.array([3.0]))
    assert allclose(rtol=0)(1.0, 1.0)
    assert not allclose(rtol=0)(1.0, math.nextafter(1.0, 2))


def test_the_largest_difference_is_told():
    close = allclose(rtol=0, atol=1)
    assert close.difference([0.0, np.array([1.0, 2.0])], [0.25, np.array([1.5, 2.0])]) == 0.5
    assert close.difference([NAN, "a"], [NAN, "a"]) == 0
    assert close.difference(0.0, 2.0) is None


def test_what_holds_itself_is_compared():
    old, new = [1.0], [1.0 + EPS]
    old.append(old), new.append(new)
    assert CLOSE(old, new)
    new[0] = 2.0
    assert not CLOSE(old, new)


def test_maps_are_arrays(tmp_path):
    np.save(tmp_path / "a.npy", np.ones(3))
    assert CLOSE(np.load(tmp_path / "a.npy", mmap_mode="r"), np.ones(3) + EPS)


def test_frames_and_series():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, NAN], "b": ["x", None], "c": [1, 2]}, index=["i", "j"])
    moved = frame.assign(a=frame["a"] + EPS)
    assert CLOSE(frame, moved)
    assert CLOSE(frame["a"], moved["a"])
    others = [
        frame.assign(a=frame["a"] + 1), frame.assign(b="x"), frame.assign(c=[1, 3]), frame.rename(columns={"a": "d"}),
        frame.rename(index={"i": "k"}), frame.astype({"a": "f4"}), frame[["b", "a", "c"]], frame.iloc[:1],
    ]  # fmt: skip
    assert not any(CLOSE(frame, other) for other in others)
    assert not CLOSE(frame["a"], frame["a"].rename("z"))
    named = frame.copy()
    named.attrs["unit"] = "mm"
    assert not CLOSE(frame, named)


def test_polars_and_arrow_by_content():
    polars = pytest.importorskip("polars")
    arrow = pytest.importorskip("pyarrow")
    for build in (lambda x: polars.DataFrame({"a": [x]}), lambda x: arrow.table({"a": [x]})):
        assert CLOSE(build(1.0), build(1.0))
        assert not CLOSE(build(1.0), build(1.0 + EPS))
