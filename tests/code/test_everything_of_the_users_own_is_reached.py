"""And what is not, or is no code, is told apart."""

import pytest

MADE = """
class Made:
    __remade_made__ = True
    def __init__(self, function): self.__wrapped__ = function
"""


def test_mutable_values_are_implicit_inputs_and_not_code(lab):
    text = """
        import logging, threading, sys, weakref, contextvars, numpy, settings
        from numpy import add, float32, pi
        from typing import List, TypeVar, Optional
        log = logging.getLogger("x")
        lock = threading.Lock()
        out = sys.stdout
        variable = contextvars.ContextVar("v")
        T = TypeVar("T")
        L = Optional[List[int]]
        SENTINEL = object()
        table = [1]
        results = []
        counts = {}
        number = 0
        array = numpy.zeros(3)

        def bump():
            global number
            number += 1

        def f(x, y=[5]):
            results.append(table)
            counts[x] = 1
            settings.used = 1
            settings.seen += 1
            f.calls = 3
            bump()
            log.info(x), lock, out.write(""), variable.get(), T, L, SENTINEL, add(x, pi), float32(3), numpy.linalg.norm(x)
            return array, number, settings.data
    """  # noqa: E501
    lab.write(main=text, settings="seen = 0\ndata = {}\n")
    answer = lab.ask()
    assert answer["implicit"] == [
        ["main.array", True],
        ["main.counts", False],
        ["main.f(y=)", True],
        ["main.f.calls", False],
        ["main.number", True],
        ["main.results", False],
        ["main.table", True],
        ["main.variable", True],
        ["settings.data", True],
        ["settings.seen", True],
        ["settings.used", False],
    ]
    assert answer["packages"] == ["numpy"]
    assert answer["unfollowed"] == []
    lab.write(main=text.replace("table = [1]", "table = [2]").replace("number = 0", "number = 5"))
    assert lab.fingerprint() == answer["fingerprint"]


def test_a_closure_that_counts_is_an_implicit_input(lab):
    lab.write(
        main="""
        def outer():
            count = 0
            seen = []
            def inner(x):
                nonlocal count
                count += 1
                seen.append(x)
            return inner
        f = outer()
    """
    )
    assert lab.ask()["implicit"] == [
        ["main.outer.<locals>.inner.count", True],
        ["main.outer.<locals>.inner.seen", False],
    ]


def test_made_methods_count_in_the_class_but_not_in_the_type_of_an_instance(lab):
    text = (
        MADE
        + """
class Model:
    gain = 1
    @Made
    def run(self): return 1
    def help(self): return 2
class Child(Model): pass
import remade._remade as _remade
def both():
    return [_remade._fingerprint(Child, as_type=x)["fingerprint"] for x in (False, True)]
"""
    )
    ask = "import sys; sys.path.insert(0, '')\nimport main\nprint(*main.both())"
    lab.write(main=text)
    whole, kind = lab.run(ask).split()
    lab.write(main=text.replace("return 1", "return 10"))
    assert [one == old for one, old in zip(lab.run(ask).split(), (whole, kind))] == [False, True]
    lab.write(main=text.replace("return 2", "return 20"))
    assert [one == old for one, old in zip(lab.run(ask).split(), (whole, kind))] == [False, False]


WRAPPED = {
    "a made function": "Made(leaf)",
    "a partial": "functools.partial(leaf, 1)",
    "a cache": "functools.lru_cache(leaf)",
    "a context manager": "contextlib.contextmanager(leaf)",
    "a bound method": "Model().run",
    "a class method": "Model.build",
    "a generator": "generator",
    "a coroutine": "coroutine",
    "a tuple": "(leaf, 1)",
    "a partial of a partial": "functools.partial(functools.partial(leaf, 1), 2)",
    "a nested class": "Model.Inner",
    "a cached property": "WithCache",
    "a subclass of a named tuple": "Pair",
    "a module": "helper",
    "a decorated function": "decorated",
}


@pytest.mark.parametrize("kind", WRAPPED)
def test_a_helper_is_followed_through(lab, kind):
    text = (
        MADE
        + f"""
import collections, contextlib, functools, helper
from helper import leaf
def generator():
    yield leaf(1)
async def coroutine():
    async with leaf(1) as x:
        return x
class Model:
    def run(self): return leaf(1)
    @classmethod
    def build(cls): return leaf(1)
    class Inner:
        def run(self): return leaf(1)
class WithCache:
    @functools.cached_property
    def x(self): return leaf(1)
class Pair(collections.namedtuple("P", "x y", defaults=(1,))):
    def total(self): return leaf(1)
def swallow(function):
    return functools.wraps(function)(lambda *a: function(*a))
@swallow
@swallow
def decorated(x): return leaf(x)
value = {WRAPPED[kind]}
def f(x):
    return value(x)
"""
    )
    lab.write(main=text, helper="def leaf(x, y=2):\n    return x\n")
    before = lab.ask()
    assert before == lab.ask()
    assert "helper.leaf" in [one["name"] for one in before["reached"]]
    lab.write(helper="def leaf(x, y=2):\n    return -x\n")
    assert before["fingerprint"] != lab.fingerprint()


def test_an_object_that_answers_to_every_name_ends_the_search(lab):
    lab.write(
        main="""
        import unittest.mock
        class Yes:
            def __getattr__(self, name): return self
            def __call__(self, *a): return self
        yes = Yes()
        mock = unittest.mock.MagicMock()
        plain = unittest.mock.Mock()
        @yes.register
        @plain.decorate
        def g(x): return x
        def f(x):
            return yes(x), mock(x), plain.y(x), g
    """
    )
    assert [name for name, _ in lab.ask()["implicit"]][-1] == "main.yes"


def test_an_import_that_fails_is_told(lab):
    lab.write(
        main="def f(x):\n    import broken\n    from gone import y\n    return y\n",
        broken="1 / 0\n",
    )
    answer = lab.ask()
    assert answer["unfollowed"] == ["import broken in main.f: ZeroDivisionError"]


def test_other_packages_are_followed_only_if_asked(lab):
    site = lab.folder / "site-packages"
    site.mkdir()
    (site / "foreign.py").write_text("def g(x):\n    return x\n")
    lab.write(
        main="import sys\nsys.path.insert(0, 'site-packages')\nfrom foreign import g\ndef f(x):\n    return g(x)\n"  # noqa: E501
    )
    by_name, followed = lab.ask(), lab.ask(follow=["foreign"])
    assert by_name["packages"] == ["foreign"]
    assert followed["packages"] == []
    (site / "foreign.py").write_text("def g(x):\n    return -x\n")
    assert by_name["fingerprint"] == lab.fingerprint()
    assert followed["fingerprint"] != lab.fingerprint(follow=["foreign"])


def test_a_distribution_installed_from_a_folder_is_the_users_own(lab):
    site = lab.folder / "site-packages"
    (site / "mine-1.dist-info").mkdir(parents=True)
    (site / "mine.py").write_text("def g(x):\n    return x\n")
    (site / "mine-1.dist-info/RECORD").write_text("mine.py,,\nmine-1.dist-info/RECORD,,\n")
    (site / "mine-1.dist-info/direct_url.json").write_text(
        '{"dir_info": {}, "url": "file:///home/me/mine"}'
    )
    lab.write(
        main="import sys\nsys.path.insert(0, 'site-packages')\nfrom mine import g\ndef f(x):\n    return g(x)\n"  # noqa: E501
    )
    assert "mine.g" in [one["name"] for one in lab.ask()["reached"]]


def test_a_very_deep_expression_has_a_fingerprint(lab):
    lab.write(main="def f(x):\n    return " + " + ".join(["x"] * 900) + "\n")
    before = lab.fingerprint()
    lab.write(main="def f(x):\n    return " + " + ".join(["x"] * 901) + "\n")
    assert before != lab.fingerprint()


def test_what_is_reached_by_a_text_is_told(lab):
    lab.write(main="def f(x):\n    return eval(x)\n")
    assert lab.ask()["unfollowed"] == ["eval() in main.f: what it leads to is not followed"]


def test_an_attribute_that_its_module_makes_is_followed_to_the_maker(lab):
    text = "def __getattr__(name):\n    return 1\n"
    lab.write(main="import made\ndef f():\n    return made.up\n", made=text)
    before = lab.fingerprint()
    lab.write(made=text.replace("1", "2"))
    assert before != lab.fingerprint()


SCRIPT = """
import dataclasses
import remade._remade as _remade
@dataclasses.dataclass
class A:
    x: int = %s
    def __repr__(self): return %s
def f(): return A
print(_remade._fingerprint(f)["fingerprint"])
"""


def test_a_method_written_by_hand_counts_in_a_dataclass_without_a_file(lab):
    prints = [
        lab.run(SCRIPT % values) for values in [(1, "'a'"), (1, "'a'"), (1, "'b'"), (2, "'a'")]
    ]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3
