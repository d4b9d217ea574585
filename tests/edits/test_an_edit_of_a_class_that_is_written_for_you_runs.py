"""Named tuples, dataclasses and classes made by a call count by everything that tells them."""

import pytest

HEAD = """
import collections, dataclasses, types, typing
from marks import mark
from remade import make
"""

FUNCTION = """
@make(cachedir="cache")
def f():
    mark("f")
    return {value}
"""

CLASSES = {
    "default of a typed named tuple": (
        "class A(typing.NamedTuple):\n    y: str\n    x: int = (1)",
        "A('y').x",
    ),
    "default of a named tuple": (
        "A = collections.namedtuple('A', 'y x', defaults=[(1)])",
        "A('y').x",
    ),
    "default of a named tuple below a class": (
        "class A(collections.namedtuple('B', 'x', defaults=[(1)])):\n    pass",
        "A().x",
    ),
    "default that was put there later": (
        "A = collections.namedtuple('A', 'x')\nA.__new__.__defaults__ = ((1),)",
        "A().x",
    ),
    "default that is told": (
        "A = collections.namedtuple('A', 'x')\nA._field_defaults['x'] = (1)",
        "A._field_defaults['x']",
    ),
    "mutable default of a named tuple": (
        "class A(typing.NamedTuple):\n    x: list = [(1)]",
        "A().x[0]",
    ),
    "metadata of a field": (
        "@dataclasses.dataclass\nclass A:\n    x: int = dataclasses.field(metadata={'u': (1)})",
        "dataclasses.fields(A)[0].metadata['u']",
    ),
    "metadata of a field under another key": (
        "@dataclasses.dataclass\nclass A:\n    x: int = dataclasses.field(metadata={5: (1)})",
        "dataclasses.fields(A)[0].metadata[5]",
    ),
    "mutable metadata of a field": (
        "@dataclasses.dataclass\nclass A:\n    x: int = dataclasses.field(metadata={'u': [(1)]})",
        "dataclasses.fields(A)[0].metadata['u'][0]",
    ),
    "whether a dataclass can be matched": (
        "@dataclasses.dataclass(match_args=(1) == 2)\nclass A:\n    x: int",
        "1 + hasattr(A, '__match_args__')",
    ),
    "how a dataclass is matched": (
        "@dataclasses.dataclass\nclass A:\n    x: int\n    y: int\n"
        "    __match_args__ = ('x', 'y')[: (1)]",
        "len(A.__match_args__)",
    ),
    "default of a dataclass made by a call": (
        "A = dataclasses.make_dataclass('A', [('x', int, (1))])",
        "A().x",
    ),
    "attribute of a class made by a call": (
        "A = types.new_class('A', (), {}, lambda names: names.update(x=(1)))",
        "A.x",
    ),
    "method of a class made by a call": (
        "def x(self):\n    return (1)\n"
        "A = types.new_class('A', (), {}, lambda names: names.update(x=x))",
        "A().x()",
    ),
}


@pytest.mark.parametrize("case", CLASSES)
def test_of_a_class_that_a_function_uses(shop, case):
    text, value = CLASSES[case]
    shop.write(main=HEAD + text + "\n" + FUNCTION.format(value=value))
    assert shop.call("f()") == (1, ["f"])
    assert shop.call("[f(), f()]") == ([1, 1], [])
    shop.edit("main", "(1)", "(2)")
    assert shop.call("f()") == (2, ["f"])
    assert shop.call("f()") == (2, [])


@pytest.mark.parametrize("case", CLASSES)
def test_of_a_class_that_is_passed(shop, case):
    text, value = CLASSES[case]
    function = FUNCTION.replace("f()", "f(A)").format(value=value)
    shop.write(main=HEAD + text + "\n" + function)
    assert shop.call("f(A)") == (1, ["f"])
    assert shop.call("f(A)") == (1, [])
    shop.edit("main", "(1)", "(2)")
    assert shop.call("f(A)") == (2, ["f"])


def test_a_default_that_is_bound_anew_in_the_process(shop):
    text = "A = collections.namedtuple('A', 'x', defaults=[1])\n"
    shop.write(main=HEAD + text + FUNCTION.format(value="A().x"))
    answer = shop.run("""
        import main
        answer = [main.f()]
        main.A.__new__.__defaults__ = (2,)
        answer.append(main.f())
    """)
    assert answer == ([1, 2], ["f", "f"])


def test_what_says_the_same_keeps_the_fingerprint(shop):
    plain = "@dataclasses.dataclass\nclass A:\n    x: int = 1\n"
    full = "@dataclasses.dataclass(match_args=True)\nclass A:\n    x: int = 1\n"
    shop.write(main=HEAD + plain + FUNCTION.format(value="A().x"))
    assert shop.call("f()") == (1, ["f"])
    shop.write(main=HEAD + full + FUNCTION.format(value="A().x"))
    assert shop.call("f()") == (1, [])


#: A class, what a function reads of it, and how that is bound anew.
ANEW = {
    "told defaults": (
        "A = collections.namedtuple('A', 'x', defaults=[1])",
        "A._field_defaults['x']",
        "A._field_defaults = {'x': 2}",
    ),
    "told defaults of another kind": (
        "A = collections.namedtuple('A', 'x', defaults=[1])",
        "A._field_defaults['x']",
        "A._field_defaults = types.MappingProxyType({'x': 2})",
    ),
    "told defaults under other text": (
        "class Text(str):\n    pass\n\nA = collections.namedtuple('A', 'x', defaults=[1])\n"
        "A._field_defaults[Text('y')] = 1",
        "sum(A._field_defaults.values()) // 2 + A._field_defaults['y'] - 1",
        "A._field_defaults['y'] = 2",
    ),
    "default of a field": (
        "@dataclasses.dataclass\nclass A:\n    x: int = 1",
        "dataclasses.fields(A)[0].default",
        "A.__dataclass_fields__['x'].default = 2",
    ),
    "default that a field had not": (
        "@dataclasses.dataclass\nclass A:\n    x: int",
        "1 if dataclasses.fields(A)[0].default is dataclasses.MISSING else 2",
        "A.__dataclass_fields__['x'].default = 0",
    ),
    "metadata": (
        "@dataclasses.dataclass\nclass A:\n    x: int = dataclasses.field(metadata={'u': 1})",
        "dataclasses.fields(A)[0].metadata['u']",
        "A.__dataclass_fields__['x'].metadata = types.MappingProxyType({'u': 2})",
    ),
    "metadata of a field that had none": (
        "@dataclasses.dataclass\nclass A:\n    x: int",
        "1 + len(dataclasses.fields(A)[0].metadata)",
        "A.__dataclass_fields__['x'].metadata = types.MappingProxyType({'u': 2})",
    ),
    "a field": (
        "@dataclasses.dataclass\nclass A:\n    x: int = 1",
        "A.__dataclass_fields__['x'].default",
        "A.__dataclass_fields__['x'] = dataclasses.field(default=2)",
    ),
    "another field": (
        "@dataclasses.dataclass\nclass A:\n    x: int = 1",
        "len(A.__dataclass_fields__)",
        "A.__dataclass_fields__['y'] = dataclasses.field(default=2)",
    ),
    "all fields": (
        "@dataclasses.dataclass\nclass A:\n    x: int = 1",
        "A.__dataclass_fields__['x'].default",
        "A.__dataclass_fields__ = {'x': dataclasses.field(default=2)}",
    ),
    "parameters": (
        "@dataclasses.dataclass\nclass A:\n    x: int = 1",
        "1 + A.__dataclass_params__.frozen",
        "A.__dataclass_params__.frozen = True",
    ),
    "the value of a member": (
        "import enum\nclass A(enum.Enum):\n    X = 1",
        "A.X.value",
        "A.X._value_ = 2",
    ),
}


@pytest.mark.parametrize("case", ANEW)
@pytest.mark.parametrize("passed", [False, True], ids=["used", "passed"])
def test_what_is_bound_anew_in_the_process(shop, case, passed):
    text, value, change = ANEW[case]
    function, call = FUNCTION.format(value=value), "f()"
    if passed:
        function, call = function.replace("f():", "f(A):"), "f(A)"
    shop.write(main=HEAD + text + "\n" + function)
    answer = shop.run(f"""
        from main import *
        answer = [{call}, {call}]
        {change}
        answer += [{call}, {call}]
    """)
    assert answer == ([1, 1, 2, 2], ["f", "f"])
    assert shop.call(call) == (1, ["f"])
    assert shop.call(call) == (1, [])
