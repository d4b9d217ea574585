"""`f.load()`: the last result; LookupError where there is none."""

import warnings

import numpy as np
import pytest

from counting import aside, records, warned
from remade import NumpyFile, PickleFile, make


def f(x, y=0):
    return {"x": x, "y": y}


def test_the_last_of_all_calls(tmp_path):
    made = make(f, cachedir=tmp_path, keep="all")
    for x in (1, 2, 3):
        made(x)
    assert made.load() == {"x": 3, "y": 0}
    assert made.cache_info().ran == 3


def test_of_another_process(tmp_path):
    make(f, cachedir=tmp_path)(1)
    again = make(f, cachedir=tmp_path)
    assert again.load() == {"x": 1, "y": 0}
    assert again.cache_info().ran == 0


def test_nothing_ran_yet(tmp_path):
    made = make(f, cachedir=tmp_path / "cache")
    with pytest.raises(LookupError, match="call it first"):
        made.load()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left(tmp_path):
    made = make(f, cachedir=tmp_path / "cache", output=PickleFile(tmp_path / "f.pkl"))
    made(1)
    (tmp_path / "f.pkl").unlink()
    with pytest.raises(LookupError):
        made.load()
    made(1)
    made.clear()
    with pytest.raises(LookupError):
        made.load()


def test_a_result_that_a_person_changed_is_not_the_result(tmp_path):
    made = make(lambda: np.arange(3), cachedir=tmp_path, output=NumpyFile(tmp_path / "f.npy"))
    made()
    np.save(tmp_path / "f.npy", np.zeros(7))
    with pytest.raises(LookupError) as refusal:
        made.load()
    assert f"result changed on disk: {tmp_path / 'f.npy'}" in str(refusal.value)
    assert "a file that you changed is not lost" in str(refusal.value)
    with warned("changed by hand"):
        made()
    np.testing.assert_array_equal(made.load(), [0, 1, 2])
    (kept,) = aside(tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / kept), np.zeros(7))


def test_a_result_whose_file_another_function_took_is_named(tmp_path):
    output = PickleFile(tmp_path / "both.pkl")
    one = make(lambda: [1], cachedir=tmp_path / "c", output=output, name="one")
    two = make(lambda: [2], cachedir=tmp_path / "c", output=output, name="two")
    one()
    two()
    assert two.load() == [2]
    with pytest.raises(LookupError, match=f"result changed on disk: {tmp_path / 'both.pkl'}"):
        one.load()


@pytest.mark.parametrize("what", ["the file is gone", "the file is another", "a damaged record"])
def test_an_older_result_takes_no_place_of_the_last_one(tmp_path, what):
    made = make(f, cachedir=tmp_path, keep="all", output=PickleFile(tmp_path / "f-{x}.pkl"))
    for x in (1, 2, 3):
        made(x)
    last = tmp_path / "f-3.pkl"
    if what == "the file is gone":
        last.unlink()
    elif what == "the file is another":
        last.write_bytes(b"by hand")
    else:
        (record,) = (one for one in records(tmp_path) if "f-3.pkl" in one.read_text())
        record.write_text("{}")
    with pytest.raises(LookupError, match="the last result of .* cannot be loaded"):
        made.load()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what was wrong is told, and where the other file is kept
        assert made(3) == {"x": 3, "y": 0}
    assert made.load() == {"x": 3, "y": 0}
    assert made.cache_info().ran == 4


def test_a_result_whose_file_is_gone_is_named(tmp_path):
    made = make(f, cachedir=tmp_path / "c", output=PickleFile(tmp_path / "f.pkl"))
    made(1)
    (tmp_path / "f.pkl").unlink()
    with pytest.raises(LookupError, match=f"result missing: {tmp_path / 'f.pkl'}"):
        made.load()


def test_a_record_that_is_damaged_is_named(tmp_path):
    made = make(f, cachedir=tmp_path / "c")
    made(1)
    (record,) = records(tmp_path / "c")
    record.write_text("{}")
    with pytest.raises(LookupError, match=str(record)):
        make(f, cachedir=tmp_path / "c").load()


def test_what_it_gives_is_known_down_the_chain(tmp_path):
    made = make(lambda: np.arange(3.0), cachedir=tmp_path, output=NumpyFile(tmp_path / "f.npy"))
    runs = []

    @make(cachedir=tmp_path, unknown="rerun")
    def g(x):
        runs.append(1)
        return float(x.sum())

    g(made())
    g(made.load())
    assert runs == [1]


def test_it_takes_no_arguments(tmp_path):
    with pytest.raises(TypeError):
        make(f, cachedir=tmp_path).load(1)


def test_none_is_a_result(tmp_path):
    made = make(lambda: None, cachedir=tmp_path)
    made()
    assert made.load() is None
