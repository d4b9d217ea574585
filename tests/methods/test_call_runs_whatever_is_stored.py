"""`f.call(...)` runs the function and stores the result."""

from counting import lines, note, told
from remade import PickleFile, make


def test_it_runs_and_what_it_gave_is_stored(tmp_path):
    path = str(tmp_path / "runs")

    @make(cachedir=tmp_path)
    def f(x):
        note(path)
        return len(lines(path))

    assert [f(1), f(1), f.call(1), f(1), f.call(x=1), f(1)] == [1, 1, 2, 2, 3, 3]
    assert (f.cache_info().ran, f.cache_info().records) == (3, 1)


def test_it_says_that_it_was_asked(tmp_path):
    made = make(lambda x: x, cachedir=tmp_path)
    made(1)
    with told() as seen:
        made.call(1)
        made(1)
    assert [(one.ran, len(one.reasons)) for one in seen] == [(True, 1), (False, 0)]
    assert "asked" in seen[0].reasons[0]


def test_another_call_displaces_the_last_as_ever(tmp_path):
    made = make(lambda x: x, cachedir=tmp_path / "c", output=PickleFile(tmp_path / "f.pkl"))
    made(1)
    made.call(2)
    assert not made.check_call_in_cache(1)
    assert made.check_call_in_cache(2)
    assert made.load() == 2
