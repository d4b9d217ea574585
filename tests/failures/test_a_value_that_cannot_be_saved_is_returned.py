"""What fails after a run never costs the value."""

import sys
import threading

import pytest

from counting import records, staged, warned
from remade import NumpyFile, Persister, PickleFile, SaveError, make


class Broken(Persister):
    """What goes wrong stands in its file name."""

    def save(self, value):
        if self.how == "at once":
            raise ConnectionError("no database")
        if self.how == "nothing":
            return
        if self.how == "a folder":
            import os

            os.mkdir(self.filename)
            open(os.path.join(self.filename, "part"), "w").close()
            return
        if self.how == "beside":
            open(self.filename + ".npy", "w").close()
            return
        with open(self.filename, "w") as file:
            file.write("half")
            if self.how == "half":
                raise ValueError("half of it")

    def __init__(self, filename, how):
        super().__init__(filename)
        self.how = how

    def load(self):
        return open(self.filename).read()


def cases(folder):
    file = str(folder / "out" / "f")
    yield "a lock", PickleFile(file), threading.Lock(), ("f", "TypeError", "pickle")
    yield "a lambda", PickleFile(file), lambda: 1, ("f", "local object")
    yield "by itself", None, lambda: 1, ("local object",)
    yield "masked", NumpyFile(file), __import__("numpy").ma.array([1]), ("f", "TypeError")
    yield "two for three", (PickleFile(file), PickleFile), (1, 2, 3), ("expects 2 values",)
    constant = (PickleFile(file), "yes")
    yield "no for yes", constant, (1, "no"), ("constant 'yes' for the result[1]", "it is 'no'")
    yield "raises at once", Broken(file, "at once"), 1, ("f", "ConnectionError: no database")
    yield "raises half way", Broken(file, "half"), 1, ("f", "ValueError: half of it")
    yield "writes nothing", Broken(file, "nothing"), 1, ("f", "wrote nothing")
    yield "makes a folder", Broken(file, "a folder"), 1, ("f", "made a folder", "File(path)")
    yield "writes beside", Broken(file, "beside"), 1, ("f", "wrote nothing")


NAMES = [name for name, *_ in cases(__import__("pathlib").Path())]


@pytest.fixture(params=NAMES)
def case(request, tmp_path):
    return next(case[1:] for case in cases(tmp_path) if case[0] == request.param)


def check_nothing_is_left(folder):
    assert records(folder) == []
    assert staged(folder) == []
    out = folder / "out"
    assert not out.exists() or list(out.iterdir()) == []


def test_with_a_warning_that_names_path_and_cause(tmp_path, case):
    output, value, parts = case
    made = make(lambda: value, cachedir=tmp_path / "c", output=output, name="f")
    with warned((f"{__name__}.f", "could not be saved", *parts)) as caught:
        assert made() is value
    assert caught[0].filename == __file__
    check_nothing_is_left(tmp_path)
    with pytest.raises(LookupError):
        made.load()


def test_or_with_an_error_that_carries_it(tmp_path, case):
    output, value, parts = case
    made = make(lambda: value, cachedir=tmp_path / "c", output=output, raise_errors=True)
    with pytest.raises(SaveError) as raised:
        made()
    assert raised.value.value is value
    for part in parts:
        assert part in str(raised.value)
    check_nothing_is_left(tmp_path)


def test_the_earlier_result_stays_whole(tmp_path, case):
    output, value, _ = case
    good = make(lambda: "good", cachedir=tmp_path / "c", output=PickleFile(tmp_path / "out" / "f"),
                name="f")  # fmt: skip
    good()
    content = (tmp_path / "out" / "f").read_bytes()
    bad = make(lambda: value, cachedir=tmp_path / "c", output=output, name="f")
    with warned("could not be saved"):
        bad()
    assert (tmp_path / "out" / "f").read_bytes() == content
    assert good.check_call_in_cache()
    assert good.load() == good() == "good"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["f"]


def test_a_filter_that_makes_errors_of_warnings_does_not_cost_the_value(tmp_path, monkeypatch):
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", reported.append)
    made = make(lambda: threading.Lock, cachedir=tmp_path)
    value = threading.Lock()
    made = make(lambda: value, cachedir=tmp_path)
    assert made() is value  # the tests run with such a filter
    assert len(reported) == 1


def test_an_interrupt_while_saving_is_an_interrupt(tmp_path):
    class Interrupted(Persister):
        def save(self, value):
            with open(self.filename, "w") as file:
                file.write("half")
            raise KeyboardInterrupt

        def load(self):
            raise AssertionError

    made = make(lambda: 1, cachedir=tmp_path / "c", output=Interrupted(tmp_path / "f"))
    with pytest.raises(KeyboardInterrupt):
        made()
    assert records(tmp_path) == []
    assert staged(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_an_interrupt_while_loading_is_an_interrupt(tmp_path):
    class Interrupted(PickleFile):
        def load(self):
            raise KeyboardInterrupt

    made = make(lambda: 1, cachedir=tmp_path / "c", output=Interrupted(tmp_path / "f"))
    made()
    with pytest.raises(KeyboardInterrupt):
        made()
    assert made.cache_info().ran == 1


def test_a_function_that_calls_one_that_could_not_be_saved_runs_again(tmp_path):
    runs = []
    lock = threading.Lock()
    inner = make(lambda: lock, cachedir=tmp_path, name="inner")

    @make(cachedir=tmp_path)
    def outer():
        runs.append(1)
        inner()
        return 1

    for _ in range(2):
        with warned("inner"):
            assert outer() == 1
    assert runs == [1, 1]
