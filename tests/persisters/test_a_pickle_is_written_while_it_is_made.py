"""A large pickle is digested and written piece by piece: the file is the one that `pickle` writes, and
it never lies in memory as a whole."""

import os
import pickle
import tracemalloc

import pytest

from remade import PickleFile, make

MB = 1 << 20

VALUES = {
    "nothing": (),
    "short": {"a": [1, 2, 3]},
    "many small things": [{"number": i, "text": f"row {i}"} for i in range(100_000)],
    "one long text": "äöü" * MB,
    "bytes as long as a block": bytes(MB),
    "long bytes between short things": [1, os.urandom(3 * MB), "x", bytearray(2 * MB + 1), [2.5]],
    "the same bytes twice": [bytes(2 * MB)] * 2,
}


@pytest.mark.parametrize("name", VALUES)
def test_the_file_is_the_one_that_pickle_writes(name, tmp_path):
    value = VALUES[name]
    path = tmp_path / "made.pkl"
    made = make(lambda: value, name="made", cachedir=tmp_path / "cache", output=PickleFile(path))
    assert made() == value
    with open(tmp_path / "plain.pkl", "wb") as file:
        pickle.dump(value, file, 5)
    assert path.read_bytes() == (tmp_path / "plain.pkl").read_bytes()
    # Its content is the one in the record: a copy in its place is known by it.
    copy = path.read_bytes()
    path.unlink()
    path.write_bytes(copy)
    assert made() == value
    assert made.cache_info().ran == 1


def test_arrays_in_a_pickle(tmp_path):
    np = pytest.importorskip("numpy")
    value = {"long": np.arange(MB), "short": np.eye(2), "strided": np.arange(MB)[::2]}
    made = make(
        lambda: value, name="made", cachedir=tmp_path / "cache",
        output=PickleFile(tmp_path / "made.pkl"),
    )  # fmt: skip
    made()
    loaded = made()
    assert made.cache_info().ran == 1
    assert all(np.array_equal(loaded[key], value[key]) for key in value)


def test_what_cannot_be_pickled_in_the_middle_leaves_nothing(tmp_path):
    value = [bytes(5 * MB), lambda: None]
    path = tmp_path / "made.pkl"
    made = make(lambda: value, name="made", cachedir=tmp_path / "cache", output=PickleFile(path))
    with pytest.warns(match="pickle"):
        assert made() is value
    assert not [name for name in os.listdir(tmp_path) if name.startswith((".remade", "made"))]


def test_a_large_pickle_never_lies_in_memory_as_a_whole(tmp_path):
    value = [str(i) * 20 for i in range(400_000)]
    made = make(
        lambda: value, name="made", cachedir=tmp_path / "cache",
        output=PickleFile(tmp_path / "made.pkl"),
    )  # fmt: skip
    tracemalloc.start()
    try:
        # pickle remembers each object that it met: that is no part of what is asked here.
        with open(os.devnull, "wb") as nowhere:
            pickle.dump(value, nowhere, 5)
        alone = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        made()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "made.pkl").stat().st_size > 40 * MB
    assert most < alone + 8 * MB
