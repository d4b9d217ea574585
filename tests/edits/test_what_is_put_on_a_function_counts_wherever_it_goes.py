"""Attributes that somebody put on a function count on every way on which it is handed on."""

import pytest

HEAD = """
import functools
from marks import mark
from remade import make

def helper(x):
    return x

helper.level = (1)

@make(cachedir="cache")
def made_helper(x):
    return x

made_helper.level = (1)

class Model:
    def method(self):
        return 1

    method.level = (1)

    @make(cachedir="cache")
    def made(self):
        return 1

    made.level = (1)

part = functools.partial(helper)
part.level = (1)

@functools.lru_cache
def cached(x):
    return x

cached.level = (1)

@functools.wraps(helper)
def wrapping(x):
    return helper(x)

wrapping.level = (1)
PAIR = (helper, made_helper, part, cached, wrapping)
TABLE = dict(zip(["helper", "made_helper", "part", "cached", "wrapping"], PAIR))

def level_of(function):
    return function.level

@make(cachedir="cache", keep="all")
def f({parameters}):
    mark("f")
    return {value}
"""

#: Parameters of the made function, what it returns, and how it is called.
WAYS = {
    "the method of an argument": ("model", "model.method.level", "f(Model())"),
    "the made method of an argument": ("model", "type(model).made.level", "f(Model())"),
}
for position, name in enumerate(["helper", "made_helper", "part", "cached", "wrapping"]):
    WAYS |= {
        f"{name} handed on": ("", f"level_of({name})", "f()"),
        f"{name} in a tuple": ("", f"PAIR[{position}].level", "f()"),
        f"{name} in a dict": ("", f"TABLE[{name!r}].level", "f()"),
        f"{name} as an argument": ("function", "function.level", f"f({name})"),
        f"{name} in an argument": ("functions", "functions[0].level", f"f([{name}])"),
    }


def changed(way):
    owner = way.split()[0]
    if "method" in way:
        owner = "made" if "made" in way else "method"
    return f"{owner}.level = (1)", f"{owner}.level = (2)"


@pytest.mark.parametrize("way", WAYS)
def test_an_edit(shop, way):
    parameters, value, call = WAYS[way]
    shop.write(main=HEAD.format(parameters=parameters, value=value))
    assert shop.call(call) == (1, ["f"])
    assert shop.call(f"[{call}, {call}]") == ([1, 1], [])
    old, new = changed(way)
    text = (shop.folder / "main.py").read_text()
    (shop.folder / "main.py").write_text(
        text.replace(f"\n{old}", f"\n{new}").replace(f"    {old}", f"    {new}")
    )
    assert shop.call(call) == (2, ["f"])
    assert shop.call(call) == (2, [])


@pytest.mark.parametrize("way", WAYS)
def test_a_change_in_the_process(shop, way):
    parameters, value, call = WAYS[way]
    shop.write(main=HEAD.format(parameters=parameters, value=value))
    owner = changed(way)[0].partition(".")[0]
    owner = f"Model.{owner}" if "method" in way else owner
    script = f"""
        from main import *
        answer = [{call}, {call}]
        {owner}.level = 2
        answer += [{call}, {call}]
        {owner}.level = 1
        answer += [{call}]
    """
    # What is no part of the code or of an argument is compared with the last run alone.
    runs = ["f", "f", "f"] if "dict" in way else ["f", "f"]
    assert shop.run(script) == ([1, 1, 2, 2, 1], runs)


@pytest.mark.parametrize("name", ["helper", "made_helper"])
def test_one_that_comes_and_goes(shop, name):
    value = f"getattr({name}, 'more', 0) + has_more({name})"
    text = HEAD.format(parameters="", value=value)
    shop.write(
        main=text.replace(
            "def level_of", "def has_more(f):\n    return hasattr(f, 'more')\n\ndef level_of"
        )
    )
    script = f"""
        from main import *
        answer = [f(), f()]
        {name}.more = 5
        answer += [f(), f()]
        del {name}.more
        answer += [f()]
    """
    assert shop.run(script) == ([0, 0, 6, 6, 0], ["f", "f"])


@pytest.mark.parametrize("name", ["helper", "made_helper"])
def test_a_table_that_is_put_on_a_function(shop, name):
    text = HEAD.format(parameters="", value=f"level_of({name})[0]")
    shop.write(
        main=text.replace(f"\n{name}.level = (1)", f"\n{name}.level = [1]"),
        outer="""
            from main import f, make, mark

            @make(cachedir="cache")
            def g():
                mark("g")
                return f()
        """,
    )
    script = f"""
        from outer import *
        import main
        answer = [g(), g()]
        main.{name}.level[0] = 2
        answer += [g(), g()]
        main.{name}.level = [3]
        answer += [g(), g()]
    """
    assert shop.run(script) == ([1, 1, 2, 2, 3, 3], ["g", "f"] * 3)
    assert shop.warnings == []
    assert shop.call("g()", "outer") == (1, ["g", "f"])
    assert shop.call("g()", "outer") == (1, [])


def test_a_function_that_is_put_on_a_function(shop):
    text = "def inner(x):\n    return x * 1\n\n" + HEAD.format(
        parameters="", value="level_of(helper)(1)"
    )
    shop.write(main=text.replace("\nhelper.level = (1)", "\nhelper.level = inner"))
    assert shop.call("f()") == (1, ["f"])
    assert shop.call("f()") == (1, [])
    shop.edit("main", "x * 1", "x * 2")
    assert shop.call("f()") == (2, ["f"])


def test_a_made_function_counts_as_the_plain_one_where_nothing_was_put_on_it(shop):
    text = HEAD.format(parameters="function", value="function(1)")
    shop.write(main=text.replace("\nmade_helper.level = (1)", ""))
    assert shop.call("f(made_helper)") == (1, ["f"])
    assert shop.call("f(made_helper.__wrapped__)") == (1, [])


def test_a_function_that_counts_its_calls_is_reused(shop):
    text = HEAD.format(parameters="", value="counted(1)")
    counted = (
        "def counted(x):\n    counted.calls += 1\n    return x\n\ncounted.calls = 0\n\ndef level_of"
    )
    shop.write(main=text.replace("def level_of", counted))
    assert shop.call("[f(), f(), f()]") == ([1, 1, 1], ["f"])
    assert shop.call("f()") == (1, [])


def test_functions_that_were_put_on_each_other(shop):
    text = HEAD.format(parameters="function", value="function.level(1) + level_of(helper)(1)")
    text = text.replace("\nhelper.level = (1)", "\nhelper.level = helper")
    shop.write(main=text.replace("\nmade_helper.level = (1)", "\nmade_helper.level = made_helper"))
    assert shop.call("f(made_helper)") == (2, ["f"])
    assert shop.call("[f(made_helper), f(helper)]") == ([2, 2], ["f"])
