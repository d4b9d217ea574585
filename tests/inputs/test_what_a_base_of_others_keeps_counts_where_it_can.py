"""Of a thread or handler of one's own class also that counts what the base keeps, or it is told."""

import pytest

HEAD = """
import functools, logging, threading
from marks import mark
from remade import make

def decorated(method):
    def call(*args):
        return method(*args)
    return call

class Tool({base}):
{slots}    def run(self):
        pass

{method}

{tool}

def level_of(tool):
    return tool.{attribute}

@make(cachedir="cache", keep="all")
def f():
    mark("f")
    return {use}
"""

#: How somebody gets at an attribute: what is in the class, and how it is used.
WAYS = {
    "a method": ("    def the(self):\n        return self.{}", "tool.the()"),
    "a property": ("    @property\n    def the(self):\n        return self.{}", "tool.the"),
    "a cached property": (
        "    @functools.cached_property\n    def the(self):\n        return self.{}",
        "type(tool).the.func(tool)",
    ),
    "a comprehension": (
        "    def the(self):\n        return max([self.{} for _ in (1, 2)])",
        "tool.the()",
    ),
    "a lambda": ("    def the(self):\n        return (lambda: self.{})()", "tool.the()"),
    "a static method": (
        "    @staticmethod\n    def of(tool):\n        return tool.{}\n\n"
        "    def the(self):\n        return self.of(self)",
        "tool.the()",
    ),
    "a class method": (
        "    @classmethod\n    def of(cls, tool):\n        return tool.{}\n\n"
        "    def the(self):\n        return self.of(self)",
        "tool.the()",
    ),
    "a method that is wrapped": (
        "    @decorated\n    def the(self):\n        return self.{}",
        "tool.the()",
    ),
}
#: These are no part of the class, so what the base keeps for itself is not seen there.
OUTSIDE = {
    "the function itself": ("", "tool.{}"),
    "a helper": ("", "level_of(tool)"),
}

TOOLS = {
    "level of a handler": ("logging.Handler", "tool = Tool()\ntool.setLevel((1))", "level"),
    "interval of a timer": ("threading.Timer", "tool = Tool((1), print)", "interval"),
    "argument of a thread": ("threading.Thread", "tool = Tool(args=((1),))", "_args[0]"),
}


def write(shop, tool, method, use, slots=""):
    base, made, attribute = TOOLS[tool]
    shop.write(
        main=HEAD.format(
            base=base,
            tool=made,
            attribute=attribute,
            method=method.format(attribute),
            use=use.format(attribute),
            slots=slots,
        )
    )


@pytest.mark.parametrize("way", [*WAYS, *OUTSIDE])
@pytest.mark.parametrize("tool", TOOLS)
def test_an_edit(shop, tool, way):
    if tool == "argument of a thread" and way in OUTSIDE:
        pytest.skip("it is told instead")
    write(shop, tool, *(WAYS | OUTSIDE)[way])
    assert shop.call("f()") == (1, ["f"])
    assert shop.call("f()") == (1, [])
    shop.edit("main", "(1)", "(2)")
    assert shop.call("f()") == (2, ["f"])
    assert shop.call("f()") == (2, [])
    assert shop.warnings == []


@pytest.mark.parametrize("way", [*WAYS, *OUTSIDE])
def test_a_level_that_is_set_in_the_process(shop, way):
    write(shop, "level of a handler", *(WAYS | OUTSIDE)[way])
    script = """
        from main import *
        answer = [f(), f()]
        tool.setLevel(2)
        answer += [f(), f()]
    """
    assert shop.run(script) == ([1, 1, 2, 2], ["f", "f"])


@pytest.mark.parametrize("way", OUTSIDE)
def test_what_is_not_compared_is_told(shop, way):
    write(shop, "argument of a thread", *OUTSIDE[way])
    told, _ = shop.call("[f(), f.explain().not_followed]")
    assert told[0] == 1
    (one,) = told[1]
    assert one.startswith("main.tool: ")
    assert "_args" in one
    assert "_target" in one
    assert shop.warnings == []


def test_what_changes_by_itself_runs_nothing(shop):
    write(shop, "argument of a thread", *WAYS["a method"])
    text = (shop.folder / "main.py").read_text()
    started = text.replace(
        "def level_of", "other = Tool()\nother.start()\nother.join()\n\ndef level_of"
    )
    (shop.folder / "main.py").write_text(started.replace("tool.the()", "1 if other else 0"))
    assert shop.call("f()") == (1, ["f"])
    assert shop.call("f()") == (1, [])


@pytest.mark.parametrize("base", ["logging.Handler", "threading.Thread"])
def test_a_slot(shop, base):
    text = HEAD.format(
        base=base,
        slots='    __slots__ = ("depth",)\n\n',
        method="    def the(self):\n        return self.depth",
        tool="tool = Tool()\ntool.depth = (1)",
        attribute="depth",
        use="tool.the()",
    )
    shop.write(main=text)
    script = """
        from main import *
        answer = [f(), f()]
        tool.depth = 2
        answer += [f(), f()]
    """
    assert shop.run(script) == ([1, 1, 2, 2], ["f", "f"])
    assert shop.call("f()") == (1, ["f"])
    shop.edit("main", "(1)", "(3)")
    assert shop.call("f()") == (3, ["f"])
