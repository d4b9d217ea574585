"""What an object of a library wraps counts, not the name that the library gave it."""

import os

import pytest

HEAD = """
import numpy as np
import lib
from marks import mark
from remade import make

def h(x):
    return x * 2.5

def use(function):
    return float(function(3))
"""

#: A library whose objects have names, as those of toolz and cytoolz have.
LIBRARY = """
class Curried:
    def __init__(self, function, *given):
        self.function, self.given = function, given
        self.__name__ = function.__name__
        self.__module__ = function.__module__

    def __call__(self, *args):
        return self.function(*self.given, *args)

class Composed:
    __slots__ = ("first", "rest")

    def __init__(self, first, *rest):
        self.first, self.rest = first, rest

    @property
    def __name__(self):
        return "_of_".join(one.__name__ for one in (*self.rest, self.first))

    def __call__(self, x):
        x = self.first(x)
        for function in self.rest:
            x = function(x)
        return x

def double(x):
    return x * 2

class Doubling:
    __name__ = "doubling"

    def __call__(self, x):
        return x * 2

doubling = Doubling()
"""

EDITS = {
    "a vectorized function": ("np.vectorize(h)", "2.5", "3.5", 10.5),
    "its types": ("np.vectorize(h, otypes=[float])", "[float]", "[int]", 7.0),
    "a ufunc of a function": ("np.frompyfunc(h, 1, 1)", "2.5", "3.5", 10.5),
    "the function of a ufunc": ("np.frompyfunc(h, 1, 1)", "(h, 1", "(abs, 1", 3.0),
    "arguments that are given": ("lib.Curried(pow, 2)", "pow, 2", "pow, 3", 27.0),
    "the function that they are given to": ("lib.Curried(h)", "2.5", "3.5", 10.5),
    "the first of several functions": ("lib.Composed(h, abs)", "2.5", "3.5", 10.5),
    "the last of several functions": ("lib.Composed(abs, h)", "2.5", "3.5", 10.5),
    "which functions": ("lib.Composed(abs, h)", "abs, h", "h, h", 18.75),
}

HOW = {
    "global": ("THE = {}\n", "use(THE)", "f()"),
    "in a tuple": ("THE = ({},)\n", "use(THE[0])", "f()"),
    "in a list": ("THE = [{}]\n", "use(THE[0])", "f()"),
    "argument": ("THE = {}\n", "use(the)", "f(THE)"),
}


@pytest.fixture
def shop(shop):
    library = shop.folder / "site-packages"
    library.mkdir()
    (library / "lib.py").write_text(LIBRARY)
    before = shop.environment.get("PYTHONPATH")
    shop.environment["PYTHONPATH"] = os.pathsep.join(filter(None, [before, str(library)]))
    return shop


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("how", HOW)
def test_of(shop, how, edit):
    made, old, new, value = EDITS[edit]
    the, body, call = HOW[how]
    parameters = "the" if how == "argument" else ""
    function = f'@make(cachedir="cache")\ndef f({parameters}):\n    mark("f")\n    return {body}\n'
    shop.write(main=HEAD + the.format(made) + function)
    first, runs = shop.call(call)
    assert runs == ["f"]
    assert shop.call(f"[{call}, {call}]") == ([first, first], [])
    shop.edit("main", old, new)
    assert shop.call(call) == (value, ["f"]) != (first, ["f"])
    assert shop.call(call) == (value, [])


def test_a_decorator(shop):
    text = HEAD.replace("def h", "@np.vectorize\ndef h")
    shop.write(main=text + '@make(cachedir="cache")\ndef f():\n    mark("f")\n    return use(h)\n')
    assert shop.call("f()") == (7.5, ["f"])
    assert shop.call("f()") == (7.5, [])
    shop.edit("main", "2.5", "3.5")
    assert shop.call("f()") == (10.5, ["f"])


def test_a_ufunc_of_a_function_that_is_made(shop):
    text = HEAD.replace("return x", 'mark("f")\n    return x')
    shop.write(main=text + 'f = make(np.frompyfunc(h, 1, 1), name="f", cachedir="cache")\n')
    assert shop.call("f(2)") == (5.0, ["f"])
    assert shop.call("f(2)") == (5.0, [])
    shop.edit("main", "2.5", "3.5")
    assert shop.call("f(2)") == (7.0, ["f"])


@pytest.mark.parametrize("call", ["np.add(x, x)", "lib.double(x)", "lib.doubling(x)", "double(x)"])
def test_what_is_the_library_itself_counts_by_name(shop, call):
    text = HEAD + "from lib import doubling as double\n"
    text += f'@make(cachedir="cache")\ndef f(x):\n    mark("f")\n    return float({call})\n'
    shop.write(main=text)
    assert shop.call("f(2)") == (4.0, ["f"])
    library = shop.folder / "site-packages" / "lib.py"
    library.write_text(LIBRARY.replace("x * 2", "x + x"))
    assert shop.call("f(2)") == (4.0, [])


#: What toolz does, with the names that it has there.
TOOLZ = """
import functools

class curry:
    def __init__(self, func, *args, **keywords):
        self._partial = functools.partial(func, *args, **keywords)
        self.__name__ = func.__name__
        self.calls = 0

    func = property(lambda self: self._partial.func)
    args = property(lambda self: self._partial.args)
    keywords = property(lambda self: self._partial.keywords)

    def __call__(self, *args):
        self.calls += 1
        return self._partial(*args)

class Compose:
    __slots__ = ("first", "funcs")
    __wrapped__ = property(lambda self: self.first)

    def __init__(self, *funcs):
        self.first, self.funcs = funcs[-1], funcs[-2::-1]

    def __call__(self, x):
        x = self.first(x)
        for function in self.funcs:
            x = function(x)
        return x
"""

OF_TOOLZ = {
    "an argument that is given": ("toolz.curry(pow, 2)", "pow, 2", "pow, 3", 27.0),
    "a keyword that is given": ("toolz.curry(pow, exp=2)", "exp=2", "exp=3", 27.0),
    "the function": ("toolz.curry(h)", "2.5", "3.5", 10.5),
    "the first": ("toolz.Compose(abs, h)", "2.5", "3.5", 10.5),
    "the last": ("toolz.Compose(h, abs)", "2.5", "3.5", 10.5),
    "their order": ("toolz.Compose(str, h)", "str, h", "h, float", 7.5),
}


@pytest.mark.parametrize("edit", OF_TOOLZ)
def test_of_toolz(shop, edit):
    (shop.folder / "site-packages" / "toolz.py").write_text(TOOLZ)
    made, old, new, value = OF_TOOLZ[edit]
    function = '@make(cachedir="cache")\ndef f():\n    mark("f")\n    return use(THE)\n'
    shop.write(main="import toolz\n" + HEAD + f"THE = {made}\n" + function)
    first, runs = shop.call("f()")
    assert runs == ["f"]
    assert shop.call("f()") == (first, [])
    shop.edit("main", old, new)
    assert shop.call("f()") == (value, ["f"])
    assert shop.call("f()") == (value, [])


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ("set()", "add(1)"),
        ("{1}", "discard(1)"),
        ("{0}", "symmetric_difference_update({0, 1})"),
        ("{(1)}", "add('y')"),
    ],
)
@pytest.mark.parametrize("how", ["global", "in a tuple", "argument"])
def test_what_is_not_vectorized(shop, how, before, change):
    the, body, call = HOW[how]
    the = the.format(f"np.vectorize(size, excluded={before})")
    sizes = "def size(x, y):\n    return 10 * np.size(x) + np.size(y)\n\n"
    use = "def called(function):\n    return np.asarray(function([1, 2], [3, 4])).tolist()\n\n"
    body = body.replace("use(", "called(")
    parameters = "the" if how == "argument" else ""
    function = f'@make(cachedir="cache")\ndef f({parameters}):\n    mark("f")\n    return {body}\n'
    shop.write(main=HEAD + sizes + use + the + function)
    vector = "THE[0]" if how == "in a tuple" else "THE"
    answer, runs = shop.run(f"""
        from main import *
        import numpy as np
        plain = lambda: called({vector})
        answer = [{call}, {call}, plain()]
        {vector}.excluded.{change}
        answer += [{call}, {call}, plain()]
    """)
    assert runs == ["f", "f"]
    assert answer[:3] == [answer[0]] * 3
    assert answer[3:] == [answer[3]] * 3
    assert shop.call(call) == (answer[0], ["f"])
    assert shop.call(call) == (answer[0], [])


def test_what_is_vectorized_inside_a_made_function_that_another_calls(shop):
    text = HEAD + "THE = np.vectorize(h, excluded={'y'})\n"
    text += '@make(cachedir="cache")\ndef f():\n    mark("f")\n    return use(THE)\n'
    text += '@make(cachedir="cache")\ndef g():\n    mark("g")\n    return f()\n'
    shop.write(main=text)
    assert shop.call("g()") == (7.5, ["g", "f"])
    assert shop.call("g()") == (7.5, [])
