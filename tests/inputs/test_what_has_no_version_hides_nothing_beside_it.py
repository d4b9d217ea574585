"""A part without version leaves a gap, and everything else in the value counts."""

import pytest

SERVICE = """
import sqlite3, threading, types
import numpy as np
import tools
from marks import mark
from remade import make

class Service:
    def __init__(self):
        self.part = {part}
        self.threshold = 5

    def classify(self, x):
        return x > self.threshold

SERVICE = {value}

@make(cachedir="cache")
def f(x):
    mark("f")
    return {use}
"""

PARTS = {
    "a lock": "threading.Lock()",
    "an open file": "open(__file__)",
    "a connection": 'sqlite3.connect(":memory:")',
    "a generator": "(i for i in ())",
    "a module": "np",
    "a thread": "threading.Thread()",
}

HOLDERS = {
    "an object": ("Service()", "SERVICE.classify(x)", "self.threshold = 5"),
    "an object in a list": ("[Service()]", "SERVICE[0].classify(x)", "self.threshold = 5"),
    "a dict": ("{{'part': {part}, 't': 5}}", "x > SERVICE['t']", "'t': 5"),
    "a namespace": (
        "types.SimpleNamespace(part={part}, t=5)",
        "x > SERVICE.t",
        "t=5",
    ),
    "a tuple in a dict": ("{{'a': ({part}, 5)}}", "x > SERVICE['a'][1]", ", 5)"),
}


@pytest.fixture
def shop(shop):
    shop.write(tools="def level():\n    return 5\n")
    return shop


def written(shop, part, holder):
    value, use, state = HOLDERS[holder]
    part = PARTS[part]
    shop.write(main=SERVICE.format(part=part, value=value.format(part=part), use=use))
    return state


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("part", PARTS)
def test_the_state_beside_it(shop, part, holder):
    state = written(shop, part, holder)
    assert shop.call("f(3)") == (False, ["f"])
    assert shop.call("[f(3), f(3)]") == ([False, False], [])
    shop.edit("main", state, state.replace("5", "2"))
    assert shop.call("f(3)") == (True, ["f"])
    assert shop.call("f(3)") == (True, [])


@pytest.mark.parametrize("holder", ["an object", "an object in a list"])
@pytest.mark.parametrize("part", PARTS)
def test_the_code_of_the_class(shop, part, holder):
    written(shop, part, holder)
    assert shop.call("f(3)") == (False, ["f"])
    shop.edit("main", "return x > self.threshold", "return -x < self.threshold")
    assert shop.call("f(3)") == (True, ["f"])
    assert shop.call("f(3)") == (True, [])


def test_a_change_in_the_process(shop):
    written(shop, "a lock", "an object")
    script = """
        import main
        answer = [main.f(3)]
        main.SERVICE.threshold = 2
        answer += [main.f(3), main.f(3)]
    """
    assert shop.run(script) == ([False, True, True], ["f", "f"])


def test_the_code_of_an_object_that_the_run_changes(shop):
    written(shop, "a lock", "an object")
    shop.edit("main", "        return x >", "        self.last = x\n        return x >")
    assert shop.call("f(3)") == (False, ["f"])
    assert shop.call("f(3)") == (False, [])
    shop.edit("main", "return x > self.threshold", "return -x < self.threshold")
    assert shop.call("f(3)") == (True, ["f"])


def test_a_module_of_ones_own_in_a_dict(shop):
    shop.write(main=SERVICE.format(part="0", value="{'m': tools}", use="x > SERVICE['m'].level()"))
    assert shop.call("f(3)") == (False, ["f"])
    assert shop.call("f(3)") == (False, [])
    shop.edit("tools", "5", "2")
    assert shop.call("f(3)") == (True, ["f"])


def test_a_class_that_refuses_to_be_pickled(shop):
    written(shop, "a lock", "an object")
    refuse = "    def __reduce__(self):\n        raise TypeError('not me')\n\n    def classify"
    shop.edit("main", "    def classify", refuse)
    assert shop.call("f(3)") == (False, ["f"])
    shop.edit("main", "self.threshold = 5", "self.threshold = 2")
    assert shop.call("f(3)") == (True, ["f"])


def test_a_nested_call_counts_as_it_would_alone(shop):
    written(shop, "a connection", "an object")
    shop.write(
        outer="""
            from main import f, make, mark

            @make(cachedir="cache")
            def g(x):
                mark("g")
                return f(x)
        """
    )
    assert shop.call("g(3)", "outer") == (False, ["g", "f"])
    assert shop.call("g(3)", "outer") == (False, [])
    shop.edit("main", "self.threshold = 5", "self.threshold = 2")
    assert shop.call("g(3)", "outer") == (True, ["g", "f"])


def test_one_warning_names_the_part(shop):
    written(shop, "a connection", "an object")
    shop.call("[f(3), f(4)]")
    (warning,) = shop.warnings
    assert "the value of main.SERVICE.part has no version" in warning
    written(shop, "a lock", "an object")
    shop.call("[f(3), f(4)]")
    assert shop.warnings == []


@pytest.mark.parametrize("part", ["a lock", "a connection"])
def test_an_explanation_names_the_part(shop, part):
    written(shop, part, "an object")
    told, _ = shop.call("[f.explain(3).not_followed, str(f.explain(3))]")
    assert len(told[0]) == 1
    assert told[0][0].startswith("main.SERVICE.part: its value has no version (")
    assert told[0][0] in told[1]


#: A class of one's own over something that holds items, what is made of it, and how an item is read.
KEEPERS = {
    "a dict": ("dict", "Keeper(t=5)", "KEEPER['t']"),
    "an ordered dict": ("collections.OrderedDict", "Keeper(t=5)", "KEEPER['t']"),
    "a default of a dict": (
        "collections.defaultdict",
        "Keeper(lambda: 5)",
        "KEEPER.default_factory()",
    ),
    "a list": ("list", "Keeper([5])", "KEEPER[0]"),
    "a tuple": ("tuple", "Keeper([5])", "KEEPER[0]"),
    "a set": ("set", "Keeper([5])", "max(KEEPER)"),
    "a queue": ("collections.deque", "Keeper([5])", "KEEPER[0]"),
    "the length of a queue": ("collections.deque", "Keeper([2, 5, 2], 5)", "KEEPER.maxlen"),
    "a text": ("str", "Keeper('5')", "int(KEEPER)"),
    "a text of bytes": ("bytes", "Keeper(b'5')", "int(KEEPER)"),
    "a list of bytes": ("bytearray", "Keeper(b'5')", "int(KEEPER)"),
    "a number": ("int", "Keeper(5)", "KEEPER + 0"),
    "a fraction": ("float", "Keeper(5)", "KEEPER + 0"),
    "a complex number": ("complex", "Keeper(5)", "KEEPER.real"),
    "an error": ("ValueError", "Keeper(5)", "KEEPER.args[0]"),
    "an array": ("array.array", "Keeper('d', [5])", "KEEPER[0]"),
    "an array with a lock": ("np.ndarray", "np.array([5]).view(Keeper)", "KEEPER[0]"),
}

KEEPER = """
import array, collections, threading
import numpy as np
from marks import mark
from remade import make

class Keeper({base}):
    {refuses}

KEEPER = {value}
{after}

@make(cachedir="cache")
def f(x):
    mark("f")
    return bool(x > {use})
"""

REFUSE = {
    "reduce": "def __reduce_ex__(self, protocol):\n        raise TypeError('not me')",
    "state": "def __getstate__(self):\n        raise TypeError('not me')",
}


@pytest.mark.parametrize(
    ("keeper", "refuses"),
    [*((keeper, "reduce") for keeper in KEEPERS), ("a list", "state"), ("a dict", "state")],
)
def test_the_items_of_one_that_refuses_to_be_pickled(shop, keeper, refuses):
    base, value, use = KEEPERS[keeper]
    after = "KEEPER.lock = threading.Lock()" if "lock" in keeper else ""
    shop.write(
        main=KEEPER.format(base=base, value=value, use=use, refuses=REFUSE[refuses], after=after)
    )
    assert shop.call("f(3)") == (False, ["f"])
    assert shop.call("f(3)") == (False, [])
    text = (shop.folder / "main.py").read_text()
    (shop.folder / "main.py").write_text(text.replace(value, value.replace("5", "2")))
    assert shop.call("f(3)") == (True, ["f"])
    assert shop.call("f(3)") == (True, [])


def test_what_counts_of_one_that_refuses_is_told(shop):
    base, value, use = KEEPERS["a dict"]
    shop.write(
        main=KEEPER.format(base=base, value=value, use=use, refuses=REFUSE["reduce"], after="")
    )
    told, _ = shop.call("[f(3), f.explain(3).not_followed]")
    (warning,) = shop.warnings
    assert "passed over" not in warning
    for text in ("main.KEEPER", "not me", "its items"):
        assert text in warning
    (one,) = told[1]
    assert one.startswith("main.KEEPER: ")
    assert "not me" in one
    assert "its items" in one


@pytest.mark.parametrize("slots", ["", '__slots__ = ("part", "threshold")'])
def test_an_attribute_is_told_as_one(shop, slots):
    written(shop, "a connection", "an object")
    shop.edit("main", "class Service:\n", f"class Service:\n    {slots}\n")
    told, _ = shop.call("[f(3), f.explain(3).not_followed]")
    (warning,) = shop.warnings
    assert "the value of main.SERVICE.part has no version" in warning
    (one,) = told[1]
    assert one.startswith("main.SERVICE.part: its value has no version (")


def test_an_item_of_a_state_of_ones_own_is_told_as_one(shop):
    written(shop, "a connection", "an object")
    own = (
        "    def __getstate__(self):\n        return {'kept': self.part}\n\n"
        "    def __setstate__(self, state):\n        self.part = state['kept']\n\n    def classify"
    )
    shop.edit("main", "    def classify", own)
    shop.call("f(3)")
    (warning,) = shop.warnings
    assert "the value of main.SERVICE['kept'] has no version" in warning
