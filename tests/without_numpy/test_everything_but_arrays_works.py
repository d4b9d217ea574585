"""Without numpy everything but arrays works. With it, it is hidden."""

import asyncio
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import pathlib
import pickle
import sys
import uuid

import pytest

from counting import told
from remade import Env, File, NumpyFile, Persister, PickleFile, make
from remade import _remade as engine


@pytest.fixture(autouse=True)
def no_numpy(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "numpy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numpy", None)


@pytest.fixture
def cachedir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Settings:
    fwhm: float = 6.0
    names: list = dataclasses.field(default_factory=list)


class Plain:
    def __init__(self, **state):
        self.__dict__.update(state)

    def __eq__(self, other):
        return type(other) is Plain and self.__dict__ == other.__dict__

    __hash__ = None


Pair = collections.namedtuple("Pair", "a b")

VALUES = [
    None,
    True,
    2**100,
    -0.0,
    1 + 2j,
    "text",
    "\udc80",
    b"bytes",
    bytearray(b"x"),
    (1, [2, {"a": {3, 4}}]),
    frozenset("abc"),
    range(3),
    slice(1, 2),
    ...,
    datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
    datetime.timedelta(1),
    decimal.Decimal("1.50"),
    fractions.Fraction(1, 3),
    uuid.UUID(int=7),
    pathlib.PurePosixPath("a/b"),
    Colour.RED,
    Settings(names=["a"]),
    Pair(1, [2]),
    Plain(a=1, b=[Plain()]),
    collections.OrderedDict(a=1),
    collections.deque([1], 3),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_any_value_is_an_argument_and_a_result(value, cachedir):
    @make(cachedir=cachedir)
    def give(x):
        return [x, x]

    @make(cachedir=cachedir)
    def take(pair):
        return repr(pair[0])

    with told() as calls:
        for _ in range(2):
            result = give(value)
            assert result == [value, value]
            assert type(result[0]) is type(value)
            assert take(result) == repr(value)
    assert [call.ran for call in calls] == [True, True, False, False]


def test_versions_are_those_that_they_are_with_numpy():
    # Taken where numpy was imported.
    assert engine._version((1, 2.5, "a", None)) == "4e3e8b0d75e13e2d1d4ca21de5647a10"
    assert engine._version([1, {"a": {1, 2}}]) != engine._version([1, {"a": {1, 3}}])


def test_a_result_is_kept_by_a_pickle_and_by_a_persister_of_ones_own(cachedir):
    class TextFile(Persister):
        def save(self, value):
            with open(self.filename, "w") as file:
                file.write(value)

        def load(self):
            with open(self.filename) as file:
                return file.read()

    @make(cachedir=cachedir, output={"a": PickleFile("a.pkl"), "b": [TextFile("b-{x}.txt"), 3]})
    def f(x):
        return {"a": {x}, "b": [f"<{x}>", 3]}

    with told() as calls:
        assert f(1) == f(1) == {"a": {1}, "b": ["<1>", 3]}
    assert [call.ran for call in calls] == [True, False]
    assert pathlib.Path("b-1.txt").read_text() == "<1>"
    assert pickle.loads(pathlib.Path("a.pkl").read_bytes()) == {1}


def test_files_variables_and_labels_are_inputs(cachedir, monkeypatch):
    pathlib.Path("data.txt").write_text("one")
    monkeypatch.setenv("REMADE_TEST", "1")

    @make(cachedir=cachedir, depends=(Env("REMADE_TEST"), (1, 2)), version="2", ignore=("loud",))
    def read(file, loud=False):
        with open(file) as opened:
            return opened.read()

    with told() as calls:
        assert read(File("data.txt")) == read(File("data.txt"), loud=True) == "one"
        pathlib.Path("data.txt").write_text("two")
        assert read(File("data.txt")) == "two"
        monkeypatch.setenv("REMADE_TEST", "2")
        assert read(File("data.txt")) == "two"
    assert [call.ran for call in calls] == [True, False, True, True]


table = {"a": 1}


def test_globals_nested_calls_and_coroutines_work(cachedir, monkeypatch):
    @make(cachedir=cachedir)
    def inner(x):
        return table["a"] + x

    @make(cachedir=cachedir)
    async def outer(x):
        return [inner(x)]

    with told() as calls:
        assert asyncio.run(outer(1)) == asyncio.run(outer(1)) == [2]
        monkeypatch.setitem(table, "a", 5)
        assert asyncio.run(outer(1)) == [6]
    assert [call.ran for call in calls] == [True, True, False, True, True]


def test_an_array_file_says_that_numpy_is_missing(cachedir):
    file = NumpyFile("a.npy")
    with pytest.raises(ImportError, match="numpy"):
        file.save([1, 2])
    assert not pathlib.Path("a.npy").exists()
