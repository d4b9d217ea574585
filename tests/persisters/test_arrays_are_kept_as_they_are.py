"""NumpyFile, and arrays without `output=`: type, shape, order and elements."""

import numpy as np
import pytest

from remade import NumpyFile, make

STRUCTURED = np.array(
    [(1, 2.5, b"ab", [1, 2]), (3, np.nan, b"", [3, 4])],
    dtype=[("id", "<i4"), ("x", ">f8"), ("name", "S3"), ("pair", "u1", (2,))],
)
ARRAYS = {
    "float64": np.linspace(0, 1, 7),
    "float16": np.array([0.1, np.inf, np.nan, -0.0], np.float16),
    "longdouble": np.array([1, 2], np.longdouble) / 3,
    "complex64": np.array([1 + 2j, np.nan], np.complex64),
    "big-endian": np.arange(5, dtype=">i4"),
    "bool": np.array([True, False]),
    "uint64": np.array([2**64 - 1], np.uint64),
    "text": np.array(["a", "bcd", ""]),
    "bytes": np.array([b"a", b"bcd"]),
    "empty text": np.array(["", ""]),
    "datetime": np.array(["2020-01-01", "NaT"], "M8[ns]"),
    "days": np.array([1, -3], "m8[25s]"),
    "structured": STRUCTURED,
    "aligned": np.zeros(3, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    "nested": np.zeros(2, [("a", [("b", "f4"), ("c", "i2")])]),
    "0-d": np.array(3.5),
    "0-d structured": np.array(STRUCTURED[0]),
    "zero size": np.zeros((3, 0, 2), np.float32),
    "zero size F": np.zeros((0, 4), order="F"),
    "C": np.arange(24.0).reshape(2, 3, 4),
    "F": np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)),
    "transposed": np.arange(6).reshape(2, 3).T,
    "strided": np.arange(20)[::3],
    "reversed": np.arange(20)[::-1],
    "broadcast": np.broadcast_to(np.arange(3), (4, 3)),
    "32 dimensions": np.zeros((1,) * 32),
    "above a block": np.arange(300_000.0),
}


def same(result, expected):
    """To the last bit; padding has no content."""
    if expected.dtype.names:
        for name in expected.dtype.names:
            same(result[name], expected[name])
    else:
        assert result.tobytes() == expected.tobytes()


def check(result, expected):
    assert type(result) is np.ndarray
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    same(result, expected)
    fortran = expected.flags.f_contiguous and not expected.flags.c_contiguous
    assert result.flags.f_contiguous if fortran else result.flags.c_contiguous


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("named", [True, False], ids=["NumpyFile", "without output"])
def test_what_was_returned_comes_back(tmp_path, name, named):
    def f(name):
        return ARRAYS[name]

    def made():
        output = NumpyFile(tmp_path / "f.npy") if named else None
        return make(f, cachedir=tmp_path / "c", output=output)

    assert made()(name) is ARRAYS[name]
    for _ in range(2):
        again = made()
        check(again(name), ARRAYS[name])
        check(again.load(), ARRAYS[name])
        assert again.cache_info().ran == 0
    if named:
        same(np.load(tmp_path / "f.npy"), ARRAYS[name])


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("mode", ["r", "c"])
def test_a_map_of_the_file_is_the_same_array(tmp_path, name, mode):
    made = make(
        lambda name: ARRAYS[name],
        cachedir=tmp_path / "c",
        output=NumpyFile(tmp_path / "f.npy", mmap_mode=mode),
    )
    made(name)
    mapped = made(name)
    same(mapped, ARRAYS[name])
    assert mapped.dtype == ARRAYS[name].dtype
    assert mapped.shape == ARRAYS[name].shape
    assert made.cache_info().ran == 1


def test_what_is_loaded_is_ones_own(tmp_path):
    for size in (5, 300_000):
        made = make(np.arange, cachedir=tmp_path, name=str(size))
        made(size)
        for _ in range(3):
            array = made(size)
            assert array.flags.writeable
            array[:] = -1
        assert made.cache_info().ran == 1


def test_a_read_only_map_is_read_only_and_a_private_one_is_private(tmp_path):
    path = tmp_path / "f.npy"

    def made(mode):
        output = NumpyFile(path, mmap_mode=mode)
        return make(lambda: np.arange(5.0), cachedir=tmp_path / "c", output=output, name="f")

    made(None)()
    read_only = made("r")()
    assert not read_only.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        read_only[0] = 7
    private = made("c")()
    private[0] = 7
    np.testing.assert_array_equal(made("c")(), np.arange(5.0))
    np.testing.assert_array_equal(np.load(path), np.arange(5.0))
    assert made("r").cache_info().records == 1  # how it is loaded does not count


def test_a_map_keeps_its_content_when_the_file_is_replaced(tmp_path):
    made = make(
        lambda n: np.full(n, float(n)),
        cachedir=tmp_path / "c",
        output=NumpyFile(tmp_path / "f.npy", mmap_mode="r"),
    )
    made(1000)
    mapped = made(1000)
    made(2000)
    np.testing.assert_array_equal(mapped, np.full(1000, 1000.0))


def test_what_is_no_array_becomes_one(tmp_path):
    for value in ([1, 2], 3, (1.5, 2), True, "text", np.float32(1), np.ma.array([1])[:0].data):
        made = make(
            lambda: value, cachedir=tmp_path / "c", output=NumpyFile(tmp_path / "f.npy"), name="f"
        )
        made()
        again = made()
        assert type(again) is np.ndarray
        np.testing.assert_array_equal(again, np.asarray(value))
