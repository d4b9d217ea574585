"""Tools are passed over; what a class of one's own adds to one, and what a reference leads to, is not."""

import pytest

HEAD = """
import contextvars, logging, threading, weakref
from marks import mark
from remade import make

class Thing:
    def __init__(self, level):
        self.level = level

    def twice(self):
        return self.level * 2
"""

FUNCTION = """
@make(cachedir="cache")
def f():
    mark("f")
    return {use}
"""

TOOL = """
class Tool({base}):
    def __init__(self, level):
        super().__init__()
        self.level = level

    def twice(self):
        return self.level * 2

tool = Tool(1)
"""

THINGS = {
    "a thread": (TOOL.format(base="threading.Thread"), "tool.twice()", "Tool(1)", "Tool(2)"),
    "a timer": (
        TOOL.format(base="threading.Timer").replace("__init__()", "__init__(9, print)"),
        "tool.twice()",
        "Tool(1)",
        "Tool(2)",
    ),
    "a handler": (TOOL.format(base="logging.Handler"), "tool.twice()", "Tool(1)", "Tool(2)"),
    "a filter": (TOOL.format(base="logging.Filter"), "tool.twice()", "Tool(1)", "Tool(2)"),
    "code of a thread": (TOOL.format(base="threading.Thread"), "tool.twice()", "* 2", "* 4"),
    "code of a handler": (TOOL.format(base="logging.Handler"), "tool.twice()", "* 2", "* 4"),
    "a context variable": (
        "variable = contextvars.ContextVar('v')\nvariable.set((1))\n",
        "variable.get() * 2",
        "(1)",
        "(2)",
    ),
    "a default of a context variable": (
        "variable = contextvars.ContextVar('v', default=(1))\n",
        "variable.get() * 2",
        "(1)",
        "(2)",
    ),
    "a weak reference": (
        "thing = Thing(1)\nreference = weakref.ref(thing)\n",
        "reference().twice()",
        "Thing(1)",
        "Thing(2)",
    ),
    "a proxy": (
        "thing = Thing(1)\nproxy = weakref.proxy(thing)\n",
        "proxy.twice()",
        "Thing(1)",
        "Thing(2)",
    ),
    "a weak dictionary": (
        "thing = Thing(1)\nknown = weakref.WeakValueDictionary(a=thing)\n",
        "known['a'].twice()",
        "Thing(1)",
        "Thing(2)",
    ),
    "a dictionary of weak keys": (
        "thing = Thing(0)\nknown = weakref.WeakKeyDictionary({thing: (1)})\n",
        "known[thing] * 2",
        "(1)",
        "(2)",
    ),
    "a weak set": (
        "thing = Thing(1)\nknown = weakref.WeakSet([thing])\n",
        "sum(one.twice() for one in known)",
        "Thing(1)",
        "Thing(2)",
    ),
}


@pytest.mark.parametrize("name", THINGS)
def test_an_edit_of(shop, name):
    text, use, old, new = THINGS[name]
    shop.write(main=HEAD + text + FUNCTION.format(use=use))
    if old == "* 2":
        old, new = "level * 2\n\ntool", "level * 4\n\ntool"
    assert shop.call("f()") == (2, ["f"])
    assert shop.call("[f(), f()]") == ([2, 2], [])
    shop.edit("main", old, new)
    assert shop.call("f()") == (4, ["f"])
    assert shop.call("f()") == (4, [])
    assert shop.warnings == []


def test_a_thread_that_runs_is_the_same_in_every_process(shop):
    text, use, *_ = THINGS["a thread"]
    text += "tool.start()\nthreading.Thread(target=int).start()\n"
    shop.write(main=HEAD + text + FUNCTION.format(use=use))
    assert shop.call("f()") == (2, ["f"])
    assert shop.call("f()") == (2, [])


def test_a_context_variable_that_is_set_in_the_process(shop):
    text, use, *_ = THINGS["a default of a context variable"]
    shop.write(main=HEAD + text + FUNCTION.format(use=use))
    script = """
        import main
        answer = [main.f()]
        main.variable.set(2)
        answer += [main.f(), main.f()]
    """
    assert shop.run(script) == ([2, 4, 4], ["f", "f"])


def test_a_reference_to_nothing(shop):
    text, *_ = THINGS["a weak reference"]
    use = "reference() is None"
    shop.write(main=HEAD + text + "del thing\n" + FUNCTION.format(use=use))
    assert shop.call("f()") == (True, ["f"])
    assert shop.call("f()") == (True, [])
    shop.edit("main", "del thing\n", "")
    assert shop.call("f()") == (False, ["f"])


@pytest.mark.parametrize(
    "tool",
    ["threading.Thread()", "logging.NullHandler()", "threading.Lock()", "logging.getLogger('a')"],
)
def test_a_tool_itself_is_passed_over(shop, tool):
    shop.write(main=HEAD + f"tool = {tool}\n" + FUNCTION.format(use="2 if tool else 0"))
    assert shop.call("f()") == (2, ["f"])
    assert shop.call("f()") == (2, [])
    assert shop.warnings == []
