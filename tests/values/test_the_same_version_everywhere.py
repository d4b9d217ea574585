"""The same value has the same version in another process, hash seed and Python."""

import subprocess
import sys

import pytest

import pythons

PROGRAM = r"""
import sys
import collections, dataclasses, datetime, decimal, enum, fractions, functools, pathlib, random, re, types, uuid
import numpy as np
from remade import _remade as remade

Pair = collections.namedtuple("Pair", "a b")
class Colour(enum.Enum):
    RED = 1
class Access(enum.Flag):
    READ = 1
    WRITE = 2
class Plain:
    pass
class Empty(list):
    pass
class Names(set):
    pass
class Slots:
    __slots__ = ("a", "b")
@dataclasses.dataclass
class Record:
    x: int
    y: list = dataclasses.field(default_factory=list)
@dataclasses.dataclass(frozen=True)
class Frozen:
    x: str
plain = Plain(); plain.a = {"b", "a", "c"}; plain.b = [plain]
slots = Slots(); slots.a = 1
words = "alpha beta gamma delta epsilon".split()
fields = np.zeros(3, np.dtype([("a", "i1"), ("b", "f8"), ("c", "U2", (2,))], align=True))
objects = np.array([[1, "a"], [None, {"x", "y"}]], dtype=object)
values = [
    None, True, 0, -5, 2**100, 1.5, -0.0, 1 + 2j, "text \U0001f600", "\udc80", b"bytes", (), [1, [2]],
    {"a": 1, 2: ()}, set(words), frozenset(words), {frozenset(words): set(range(40))},
    {Frozen(word) for word in words}, {(word, Frozen(word)) for word in words},
    range(3), slice(1, 2), ..., NotImplemented,
    datetime.datetime(2020, 1, 2, 3, 4, 5, 6, fold=1), datetime.date(1, 1, 1), datetime.time(1, tzinfo=datetime.timezone.utc),
    datetime.timedelta(1, 2, 3), datetime.timezone(datetime.timedelta(1 / 24)),
    decimal.Decimal("1.50"), fractions.Fraction(3, 7), uuid.UUID(int=7), pathlib.PurePosixPath("/a/b"), pathlib.Path("x"),
    Colour.RED, Access.READ, Access.READ | Access.WRITE, Pair(1, [2]), plain, slots, Record(1), Frozen("x"), Empty(), Names("abc"),
    collections.OrderedDict(a=1), collections.Counter("hello"), collections.defaultdict(list, a=[1]), collections.deque([1], 3),
    bytearray(b"x"), types.SimpleNamespace(a=1), types.MappingProxyType({"a": 1}), functools.partial(int, base=2), object(),
    re.compile("a+"), ValueError("x", 1), Plain, int, len, [1].append, ValueError,
    np.float64(1), np.float32(2), np.int64(3), np.bool_(True), np.str_("a"), np.bytes_(b"b"), np.longdouble(1) / 3, np.clongdouble(1j),
    np.datetime64("2020-01-01", "ns"), np.timedelta64(3, "D"), np.datetime64("NaT"), fields[0],
    np.dtype("f8"), np.dtype(">i2"), fields.dtype, np.dtype("M8[25s]"),
    np.arange(6.0), np.arange(6).reshape(2, 3).T, np.arange(10)[::2], np.arange(10)[::-1], np.array(["a", "bcd"]), np.array(3),
    np.zeros((0, 3)), np.arange(4, dtype=">u2"), fields, objects, objects.T, objects[::-1], np.array([1, 2j], "F"),
    np.ones(3, np.longdouble) / 3, np.ma.masked_array([1, 2, 3], [0, 1, 0]), np.ma.masked_array([1.0]), np.matrix([[1, 2]]),
    np.rec.array([(1, 2.0)], names="a,b"), np.random.default_rng(3), np.random.RandomState(3),
    random.Random(3), *(kind(3) for kind in (np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)),
]
for number, value in enumerate(values):
    print(number, type(value).__name__, remade._version(value), remade._version([value, value]))
"""  # noqa: E501


def versions(python, seed, folder):
    environment = pythons.environment(folder, PYTHONHASHSEED=str(seed))
    done = subprocess.run([python, "-c", PROGRAM], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_in_another_process_with_another_hash_seed(seed, tmp_path):
    mine = versions(sys.executable, seed, tmp_path)
    assert mine == versions(sys.executable, "random", tmp_path)


def with_numpy():
    for version, python in pythons.others().items():
        if not subprocess.run([python, "-c", "import numpy"], capture_output=True).returncode:
            yield version, python


OTHERS = dict(with_numpy())


@pytest.mark.skipif(not OTHERS, reason="no other Python with numpy on this machine")
def test_under_another_python(tmp_path):
    mine = versions(sys.executable, 8, tmp_path)
    for version, python in OTHERS.items():
        assert versions(python, 7, tmp_path) == mine, version


def test_what_is_imported_does_not_count():
    program = """
import sys
import numpy as np
from remade import _remade as remade
value = np.recarray((2,), [("a", "i4")])
value.a = 1
before = np.recarray.__module__ in sys.modules, remade._version(value), remade._version(np.recarray)
import importlib
importlib.import_module(np.recarray.__module__)
after = np.recarray.__module__ in sys.modules, remade._version(value), remade._version(np.recarray)
assert before[1:] == after[1:], (before, after)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


GENERATORS = """
import random
import numpy as np
from remade import _remade as remade
rng = np.random.default_rng(np.random.SeedSequence([1, 2**70], spawn_key=(4,)))
rng.integers(9, dtype=np.uint32)
python, old = random.Random(3), np.random.RandomState(3)
python.gauss(0, 1)
old.standard_normal()
print(remade._version(rng), remade._version(old), remade._version(python))
for kind in (np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64):
    print(remade._version(kind(3)))
"""

STATES = """
70eaac7401d62b20e7be6eeea4e85de9
e910251f90c0319a8123c2796b85c2fc
0d4dbcc3163dc9c1d1fbb2bdf3b88b3d
2b0ee9e7b4faf01067f39444c7fb984f
fcbdaa5c5866297fa5c9a5cd25d34b67
4a9a88bbf62d70b7fc25e183462e051c
bdf8a8fadf6c3fa3058fc9a2456d90b2
"""


def test_the_state_of_a_generator_has_one_version_under_every_python_and_numpy():
    """Golden: what another numpy calls its numbers, or how it keeps them, does not count."""
    done = subprocess.run([sys.executable, "-c", GENERATORS], capture_output=True, text=True)
    assert done.stdout.split() == STATES.split(), done.stderr
