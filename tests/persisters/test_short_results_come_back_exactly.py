"""Without `output=`, short values stand in the record, and come back as they were."""

import math
import sys

import pytest

from remade import File, make


def identical(one, other):
    """Equal to the last bit, with equal types all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (
            one == other
            and math.copysign(1, one) == math.copysign(1, other)
            or (math.isnan(one) and math.isnan(other))
        )
    if isinstance(one, complex):
        return identical(one.real, other.real) and identical(one.imag, other.imag)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(identical, one, other))
    if isinstance(one, dict):
        return identical(list(one.items()), list(other.items()))
    return one == other


VALUES = [
    None, True, False, 0, 1, -1,
    2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**300,
    2**2047,
    2**3000, -(10**700), 0.0, -0.0, 0.1, 5e-324, 1.7976931348623157e308, math.inf, -math.inf,
    math.nan, 1e16, 123456789.123456789, 0j, complex(-0.0, 0.0), complex(0.0, -0.0),
    complex(math.nan, -math.inf),
    "", "text", "\x00\x01\x1f\x7f", "\u2028\u2029\ufeff", "\U0001f600",
    "\ud800", "a\udcffb", '"\\/\b\f\n\r\t', "x" * 1023, "x" * 1024, "x" * 5000, b"", b"\x00\xff",
    bytes(range(256)), b"x" * 5000, (), [], {}, (1,), [None], ((), [], {}), [1, [2, [3, [4]]]],
    {"b": 1, "a": 2},
    {1: "int", "1": "text", 1.5: "float", None: "none", (1, "a"): "tuple", b"1": 3},
    {True: 1}, {0.0: "zero"}, {-0.0: "minus zero"}, (1, 1.0, True, "1", b"1", 1j),
    {"deep": [({"x": [-0.0, math.nan, 2**70]},)]}, list(range(300)), ["x" * 2000],
    "nan", "None", "1",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_as_they_were(tmp_path, number):
    made = make(lambda n: VALUES[n], cachedir=tmp_path)
    value = VALUES[number]
    assert identical(made(number), value)
    # Another decoration knows nothing yet and reads the record.
    for again in (made, make(made.__wrapped__, cachedir=tmp_path)):
        assert identical(again(number), value)
        assert identical(again.load(), value)
    assert again.cache_info().ran == 0


def test_every_nan_has_its_bits(tmp_path):
    import struct

    bits = [0x7FF8000000000000, 0xFFF8000000000000, 0x7FF8DEADBEEF0001, 0x7FF0000000000001]
    for pattern in bits:
        number = struct.unpack("<d", struct.pack("<Q", pattern))[0]
        made = make(lambda x: x, cachedir=tmp_path)
        made(number)
        again = make(made.__wrapped__, cachedir=tmp_path)
        assert struct.pack("<d", again(number)) == struct.pack("<d", number)
        assert again.cache_info().ran == 0


def test_lists_and_dicts_are_new_each_time(tmp_path):
    made = make(lambda: ([1], {"a": [2]}), cachedir=tmp_path)
    for _ in range(4):
        one, other = made()
        assert (one, other) == ([1], {"a": [2]})
        one.append(3)
        other["a"].append(4)
    assert made.cache_info().ran == 1


def test_what_is_one_object_comes_back_as_one(tmp_path):
    def f():
        shared = [1]
        return [shared, shared, {"again": shared}]

    made = make(f, cachedir=tmp_path)
    for _ in range(3):
        one, other, third = made()
        assert one is other
        assert third["again"] is one


def test_what_contains_itself_comes_back_so(tmp_path):
    def f():
        ring = [1]
        ring.append(ring)
        return ring

    made = make(f, cachedir=tmp_path)
    for _ in range(3):
        ring = made()
        assert ring[1] is ring
    assert made.cache_info().ran == 1


def test_nesting_of_any_depth(tmp_path):
    def f(depth):
        value = []
        for _ in range(depth):
            value = [value]
        return value

    for depth in (15, 16, 17, 100):
        made = make(f, cachedir=tmp_path)
        for _ in range(2):
            value, found = made(depth), 0
            while value:
                value, found = value[0], found + 1
            assert found == depth


def test_subclasses_keep_their_class(tmp_path):
    for value in (True, sys.version_info[:2], sys.float_info.max):
        assert type(make(lambda: value, cachedir=tmp_path)()) is type(value)
    for name, value in MEMBERS.items():
        made = make(lambda name: MEMBERS[name], cachedir=tmp_path)
        for _ in range(3):
            assert type(made(name)) is type(value)
            assert made(name) == value


def test_files_come_back_as_files(tmp_path):
    data = tmp_path / "data"
    data.write_text("1")
    made = make(lambda path: {"data": File(path)}, cachedir=tmp_path / "c")
    for _ in range(3):
        assert made(str(data)) == {"data": File(data)}
    assert made.cache_info().ran == 1


class Text(str):
    """A subclass of a plain type."""


class Number(int):
    """Another."""


def _members():
    import collections
    import decimal
    import enum
    import fractions

    colour = enum.IntEnum("Colour", "RED")
    colour.__module__, colour.__qualname__ = __name__, "Colour"
    globals()["Colour"] = colour
    pair = collections.namedtuple("Pair", "a b")
    pair.__module__ = __name__
    globals()["Pair"] = pair
    return {
        "text": Text("a"), "number": Number(3), "enum": colour.RED, "tuple": pair(1, 2),
        "ordered": collections.OrderedDict(b=1, a=2),
        "default": collections.defaultdict(list, a=[1]),
        "set": {1, 2}, "frozen": frozenset("ab"), "decimal": decimal.Decimal("1.10"),
        "fraction": fractions.Fraction(1, 3), "bytearray": bytearray(b"a"), "range": range(3),
    }  # fmt: skip


MEMBERS = _members()
