"""An object that stands for a function counts by its class, and by what it holds."""

import pytest

HEAD = """
import functools
from marks import mark
from remade import make

def helper():
    return 0

class Scale:
    extra = 0

    def __init__(self, function, factor):
        self.function = function
        self.factor = factor
        self.calls = 0
        functools.update_wrapper(self, function)

    def __call__(self, x):
        return self.function(x) * self.factor + helper() + self.extra
"""

MADE = """
@make(cachedir="cache")
@functools.partial(Scale, factor=2)
def f(x):
    mark("f")
    return x + 1
"""

USED = """
@functools.partial(Scale, factor=2)
def scaled(x):
    return x + 1

@make(cachedir="cache")
def f(x):
    mark("f")
    return scaled(x)
"""

#: One that says how often it was called is changed by every run, so its value is no input.
COUNTS = (
    "        return self.function",
    "        self.calls += 1\n        return self.function",
)

EDITS = {
    "its state": ("factor=2", "factor=3", 12),
    "how it is called": ("* self.factor +", "- self.factor +", 2),
    "a helper of that": ("return 0", "return 1", 9),
    "an attribute of its class": ("extra = 0", "extra = 1", 9),
    "the function that it wraps": ("return x + 1", "return x + 2", 10),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("how", [MADE, USED], ids=["made", "used"])
def test_of(shop, how, edit):
    shop.write(main=HEAD + how)
    assert shop.call("f(3)") == (8, ["f"])
    assert shop.call("[f(3), f(3)]") == ([8, 8], [])
    old, new, value = EDITS[edit]
    shop.edit("main", old, new)
    assert shop.call("f(3)") == (value, ["f"])
    assert shop.call("f(3)") == (value, [])


@pytest.mark.parametrize("edit", [edit for edit in EDITS if edit != "its state"])
@pytest.mark.parametrize("how", [MADE, USED], ids=["made", "used"])
def test_of_one_that_counts_its_calls(shop, how, edit):
    shop.write(main=HEAD.replace(*COUNTS) + how)
    assert shop.call("f(3)") == (8, ["f"])
    assert shop.call("f(3)") == (8, [])
    old, new, value = EDITS[edit]
    shop.edit("main", old, new)
    assert shop.call("f(3)") == (value, ["f"])


def test_its_state_changed_in_the_process(shop):
    shop.write(main=HEAD + MADE)
    script = """
        import main
        answer = [main.f(3)]
        main.f.__wrapped__.factor = 3
        answer += [main.f(3), main.f(3)]
    """
    assert shop.run(script) == ([8, 12, 12], ["f", "f"])


def test_one_that_is_called_inside_another_made_function(shop):
    outer = '\n@make(cachedir="cache")\ndef outer(x):\n    mark("outer")\n    return f(x)\n'
    shop.write(main=HEAD + MADE + outer)
    assert shop.call("outer(3)") == (8, ["outer", "f"])
    assert shop.call("outer(3)") == (8, [])
    shop.edit("main", "factor=2", "factor=3")
    assert shop.call("outer(3)") == (12, ["outer", "f"])
    shop.edit("main", "return 0", "return 1")
    assert shop.call("outer(3)") == (13, ["outer", "f"])


def test_it_is_told_what_counts(shop):
    shop.write(main=HEAD + MADE)
    covers, _ = shop.call("[one.name for one in f.explain(3).covers]")
    assert covers[0] == "main.f"
    assert {"main.Scale", "main.Scale.__call__", "main.helper"} <= set(covers)


def test_functions_that_an_object_of_python_holds(shop):
    text = """
        import functools
        from marks import mark
        from remade import make

        def compare(one, other):
            return one - other

        KEY = functools.cmp_to_key(compare)

        @make(cachedir="cache")
        def f():
            mark("f")
            return sorted([2, 1, 3], key=KEY)
    """
    shop.write(main=text)
    assert shop.call("f()") == ([1, 2, 3], ["f"])
    assert shop.call("f()") == ([1, 2, 3], [])
    shop.edit("main", "one - other", "other - one")
    assert shop.call("f()") == ([3, 2, 1], ["f"])


OBJECTS = """
import functools
from marks import mark
from remade import make

def double(x):
    return 2 * x

def triple(x):
    return 3 * x

class Counter:
    def __init__(self, function=None):
        self.function, self.count = function, 0

    def __call__(self, x):
        self.count += 1
        return (self.function or double)(x)

class Slotted(Counter):
    __slots__ = ("function", "count")

class Bare:
    __slots__ = ("function", "count")
    __init__, __call__ = Counter.__init__, Counter.__call__

THE = {the}

@make(cachedir="cache")
def f(x):
    mark("f")
    return {call}
"""

COUNTERS = ["Counter", "Slotted", "Bare", "type('Late', (Counter,), {'__module__': 'lib'})"]
CHANGES = ["main.THE = type(main.THE)(main.triple)", "main.THE.function = main.triple"]


@pytest.mark.parametrize("counter", COUNTERS)
@pytest.mark.parametrize("change", CHANGES, ids=["another", "the same"])
@pytest.mark.parametrize("given", ["double", ""])
def test_one_that_counts_its_calls_and_gets_another_function(shop, counter, change, given):
    shop.write(main=OBJECTS.replace("{the}", f"{counter}({given})").replace("{call}", "THE(x)"))
    script = f"""
        import main
        answer = [main.f(1), main.f(1)]
        {change}
        answer += [main.f(1), main.f(1)]
    """
    assert shop.run(script) == ([2, 2, 3, 3], ["f", "f"])


def test_a_key_that_is_made_of_another_function(shop):
    text = OBJECTS.replace("{the}", "functools.cmp_to_key(lambda a, b: a - b)")
    shop.write(main=text.replace("{call}", "sorted(x, key=THE)"))
    script = """
        import functools, main
        answer = [main.f([2, 1, 3]), main.f([2, 1, 3])]
        main.THE = functools.cmp_to_key(lambda a, b: b - a)
        answer += [main.f([2, 1, 3]), main.f([2, 1, 3])]
    """
    assert shop.run(script) == ([[1, 2, 3]] * 2 + [[3, 2, 1]] * 2, ["f", "f"])
