"""Whatever changes what a function means runs it again in the next process, once."""

import pytest

import steps

EDITS = {
    "body": ("main", "+ bias + plus(x)", "+ bias - plus(x)"),
    "operator in a body": ("main", "doubled * FACTOR", "doubled ** FACTOR"),
    "helper": ("helpers", "multiply(x, 2)", "multiply(x, 3)"),
    "helper of a helper": ("deeper", "return x * TABLE[times]", "return x * TABLE[times] + 1"),
    "table of a helper of a helper": ("deeper", "TABLE = {2: 2,", "TABLE = {2: 5,"),
    "constant": ("main", "FACTOR = 3", "FACTOR = 4"),
    "default": ("main", "bias=1000", "bias=2000"),
    "closure": ("main", "plus = adder(10)", "plus = adder(20)"),
    "factory of a closure": ("main", "return x + amount", "return x - amount"),
    "another decorator": ("main", "return function(*args)", "return function(*args) + 1"),
    "argument of another decorator": ("main", "level=1", "level=2"),
    "one decorator less": ("main", "@logged(level=1)\n", ""),
    "class attribute": ("main", "scale = 2", "scale = 5"),
    "method": ("main", "self.shift(x) * self.scale", "self.shift(x) - self.scale"),
    "attribute of a base class": ("main", "offset = 100", "offset = 200"),
    "method of a base class": ("main", "return x + self.offset", "return x * self.offset"),
    "another base": ("main", "class Model(Base)", "class Model(type('B', (Base,), {'offset': 0}))"),
    "an attribute that hides another": ("main", "scale = 2\n", "scale = 2\n    offset = 1\n"),
    "type of a number": ("main", "FACTOR = 3", "FACTOR = 3.0"),
    "imported function": ("helpers", "import deeper", "import deeper\ndeeper.multiply = pow"),
    "a name bound again": ("main", "UNUSED = 1", "helpers.double = abs"),
}  # fmt: skip


@pytest.fixture
def lab(shop):
    steps.write(shop)
    return shop


def plain(shop):
    """What the functions give without `make`."""
    value, _ = shop.call("f.__wrapped__(5)")
    return value


@pytest.mark.parametrize("edit", EDITS)
def test_it_runs_once(lab, edit):
    first, runs = lab.call("f(5)")
    assert runs == ["f"]
    assert lab.call("f(5)") == (first, [])
    lab.edit(*EDITS[edit])
    value, runs = lab.call("f(5)")
    assert (value, runs) == (plain(lab), ["f"])
    assert lab.call("f(5)") == (value, [])


def test_an_edit_and_its_reverse_run_both(lab):
    first, _ = lab.call("f(5)")
    lab.edit("main", "FACTOR = 3", "FACTOR = 4")
    assert lab.call("f(5)")[1] == ["f"]
    lab.edit("main", "FACTOR = 4", "FACTOR = 3")
    assert lab.call("f(5)") == (first, ["f"])


def test_an_edit_that_gives_the_same_stops_there(lab):
    first, runs = lab.call("downstream(f(5))")
    assert runs == ["f", "downstream"]
    lab.edit("helpers", "deeper.multiply(x, 2)", "deeper.multiply(x, 1 + 1)")
    assert lab.call("downstream(f(5))") == (first, ["f"])
    lab.edit("helpers", "deeper.multiply(x, 1 + 1)", "deeper.multiply(x, 3)")
    value, runs = lab.call("downstream(f(5))")
    assert (value, runs) == (-plain(lab), ["f", "downstream"])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("return x * self.weight", "return x + self.weight", 12),
        ("self.weight = weight", "self.weight = 2 * weight", 70),
        ("class Plain:", "class Plain:\n    extra = 1\n", 35),
    ],
)
def test_the_class_of_an_argument_counts(lab, old, new, expected):
    assert lab.call("g(Plain(7), 5)") == (35, ["g"])
    assert lab.call("g(Plain(7), 5)") == (35, [])
    lab.edit("main", old, new)
    assert lab.call("g(Plain(7), 5)") == (expected, ["g"])
    assert lab.call("g(Plain(7), 5)") == (expected, [])


def test_a_function_as_an_argument_counts_by_its_code(lab):
    lab.write(
        use="""
            from main import adder, make, mark

            def inner(x):
                return x + 1

            def square(x):
                return inner(x) ** 2

            @make()
            def apply(function, x):
                mark("apply")
                return function(x)
        """
    )
    assert lab.call("apply(square, 3)", "use") == (16, ["apply"])
    assert lab.call("apply(square, 3)", "use") == (16, [])
    lab.edit("use", "return x + 1", "return x + 2")
    assert lab.call("apply(square, 3)", "use") == (25, ["apply"])
    assert lab.call("apply(adder(1), 3)", "use") == (4, ["apply"])
    assert lab.call("apply(adder(1), 3)", "use") == (4, [])
    assert lab.call("apply(adder(2), 3)", "use") == (5, ["apply"])
    assert lab.call("apply(lambda x: x - 1, 3)", "use") == (2, ["apply"])
    assert lab.call("apply(lambda x: x - 2, 3)", "use") == (1, ["apply"])
