"""What the function raises is its caller's business: nothing is recorded, nothing is lost."""

import traceback

import pytest

from counting import records, staged
from remade import PickleFile, make


class Own(Exception):
    pass


@pytest.fixture
def made(tmp_path):
    @make(cachedir=tmp_path / "c", output=PickleFile(tmp_path / "f.pkl"))
    def f(x, error=None):
        if error is not None:
            raise error
        return [x]

    return f


@pytest.mark.parametrize(
    "error",
    [Own("a"), ValueError(), KeyboardInterrupt(), SystemExit(3), GeneratorExit(), StopIteration(1)],
    ids=repr,
)
def test_it_is_the_very_same_object_and_nothing_is_recorded(made, tmp_path, error):
    made.__wrapped__(1)
    with pytest.raises(type(error)) as raised:
        made(1, error)
    assert raised.value is error
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert records(tmp_path) == []
    assert staged(tmp_path) == []
    assert not (tmp_path / "f.pkl").exists()


def test_the_traceback_is_that_of_the_function(made):
    with pytest.raises(Own) as raised:
        made(1, Own())
    names = [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]
    assert names[-1] == "f"
    assert len(names) == 2


def test_the_earlier_result_stays(made, tmp_path):
    made(1)
    with pytest.raises(Own):
        made(2, Own())
    with pytest.raises(Own):
        made.call(1, Own())
    assert made.check_call_in_cache(1)
    assert made(1) == made.load() == [1]
    assert len(records(tmp_path)) == 1


def test_it_runs_again_the_next_time(tmp_path):
    problems = [Own(), None]

    @make(cachedir=tmp_path, ignore=("problems",))
    def f(problems):
        problem = problems.pop(0)
        if problem:
            raise problem
        return "done"

    with pytest.raises(Own):
        f(problems)
    assert [f(problems), f(problems)] == ["done"] * 2


def test_what_an_argument_raises_when_it_is_read_passes_through(tmp_path):
    class Rude:
        def __reduce_ex__(self, protocol):
            raise KeyboardInterrupt

    made = make(lambda x: x, cachedir=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        made(Rude())
    assert records(tmp_path) == []
