"""`f.clear()`."""

import numpy as np

from counting import aside, records, staged, warned
from remade import NumpyFile, PickleFile, make


def test_every_call_is_forgotten(tmp_path):
    made = make(lambda x: [x] * 2000, cachedir=tmp_path, keep="all")
    for x in range(3):
        made(x)
    made.clear()
    assert records(tmp_path) == []
    assert list(tmp_path.rglob("*.pkl")) == []
    assert made.cache_info().records == 0
    assert made(1) == [1] * 2000
    assert made.cache_info().ran == 4


def test_other_functions_keep_theirs(tmp_path):
    one = make(lambda: 1, cachedir=tmp_path, name="one")
    other = make(lambda: 2, cachedir=tmp_path, name="other")
    one(), other()
    one.clear()
    assert other.check_call_in_cache()


def test_files_that_the_user_named_stay_and_the_next_run_replaces_them(tmp_path):
    made = make(
        lambda n: np.arange(n), cachedir=tmp_path / "c", output=NumpyFile(tmp_path / "f.npy")
    )
    made(3)
    made.clear()
    np.testing.assert_array_equal(np.load(tmp_path / "f.npy"), [0, 1, 2])
    made(4)
    np.testing.assert_array_equal(np.load(tmp_path / "f.npy"), [0, 1, 2, 3])
    assert aside(tmp_path) == []


def test_one_that_was_changed_by_hand_since_is_not_lost(tmp_path):
    made = make(lambda x: [x], cachedir=tmp_path / "c", output=PickleFile(tmp_path / "f.pkl"))
    made(1)
    made.clear()
    (tmp_path / "f.pkl").write_bytes(b"by hand")
    with warned("changed by hand"):
        made(2)
    (kept,) = aside(tmp_path)
    assert (tmp_path / kept).read_bytes() == b"by hand"


def test_one_that_was_changed_by_hand_before_is_not_lost_either(tmp_path):
    made = make(lambda x: [x], cachedir=tmp_path / "c", output=PickleFile(tmp_path / "f.pkl"))
    made(1)
    (tmp_path / "f.pkl").write_bytes(b"by hand")
    made.clear()
    assert (tmp_path / "f.pkl").read_bytes() == b"by hand"
    with warned("changed by hand"):
        made(2)
    assert len(aside(tmp_path)) == 1


def test_where_nothing_is_it_does_nothing(tmp_path):
    made = make(lambda: 1, cachedir=tmp_path / "c")
    made.clear()
    made.clear()
    assert not list(tmp_path.iterdir())
    assert made() == 1
    assert staged(tmp_path) == []


def test_twice_the_same_file_after_many_clears(tmp_path):
    made = make(lambda x: [x], cachedir=tmp_path / "c", output=PickleFile(tmp_path / "f.pkl"))
    for x in range(5):
        made(x)
        made.clear()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "f.pkl"]
