"""From a script or a notebook a made function travels through cloudpickle, with its options."""

import os
from pathlib import Path

import pytest

from counting import in_process, lines

cloudpickle = pytest.importorskip("cloudpickle")

TESTS = str(Path(__file__).parent.parent)

#: What the other process does: it knows nothing but the pickle.
OTHER = """
    import pickle, sys
    with open("function.pkl", "rb") as file:
        f, arguments = pickle.load(file)
    for argument in arguments:
        print(f(argument))
    print(f.cache_info().ran)
"""


class Text(str):
    def __repr__(self):
        return str(self)


@pytest.fixture
def travel(tmp_path, monkeypatch):
    """Defines `f` in a script, calls it, and sends it to another process in another folder."""
    monkeypatch.setenv("PYTHONPATH", TESTS)

    def travel(define, calls, then=None):
        here, there = tmp_path / "here", tmp_path / "there"
        here.mkdir(exist_ok=True)
        there.mkdir(exist_ok=True)
        program = (
            "import cloudpickle\nfrom remade import File, PickleFile, make\n"
            + define
            + f"\nfor argument in {calls!r}: f(argument)\n"
            + f"with open({str(there / 'function.pkl')!r}, 'wb') as file:\n"
            + f"    cloudpickle.dump((f, {then or calls!r}), file)\n"
        )
        in_process(here, program, name="script.py")
        out, _ = in_process(there, OTHER, name="other.py")
        assert sorted(os.listdir(there)) == ["function.pkl", "other.py"]
        *results, ran = out.split("\n")[:-1]
        return results, int(ran)

    travel.here = tmp_path / "here"
    return travel


def test_with_its_name_its_store_and_its_result(travel):
    results, ran = travel("@make\ndef f(x):\n    return x * 2\n", [21])
    assert (results, ran) == (["42"], 0)


def test_with_the_defaults_that_held_when_it_left(travel):
    define = (
        "import remade, types\n"
        "remade.configure(unknown='rerun', cachedir='store', keep='all')\n"
        "@make\ndef f(x):\n    return x.a\n"
    )
    thing = "types.SimpleNamespace(a=1)"
    results, ran = travel(define, Text(f"[{thing}]"), Text(f"[{thing}, {thing}]"))
    assert (results, ran) == (["1", "1"], 2)  # the other process has configured nothing
    assert os.listdir(travel.here / "store" / "v1") != []


def test_with_its_options(travel):
    define = (
        "@make(cachedir='store', output=PickleFile('out/f-{x}.pkl'), keep='all', name='g',\n"
        "      ignore=('verbose',), version='3', depends=(1.5,))\n"
        "def f(x, verbose=False):\n    return x * 2\n"
    )
    results, ran = travel(define, [1, 2], then=[1, 2, 3])
    assert (results, ran) == (["2", "4", "6"], 1)
    assert sorted(os.listdir(travel.here / "out")) == ["f-1.pkl", "f-2.pkl", "f-3.pkl"]


def test_with_what_it_calls(travel):
    define = (
        "SCALE = 3\ndef helper(x):\n    return SCALE * x\n"
        "@make\ndef inner(x):\n    return helper(x)\n"
        "@make\ndef f(x):\n    return inner(x) + helper(x)\n"
    )
    results, ran = travel(define, [1])
    assert (results, ran) == (["6"], 0)


def test_with_itself(travel):
    define = "@make(keep='all')\ndef f(x):\n    return 1 if x < 2 else x * f(x - 1)\n"
    results, ran = travel(define, [5], then=[5, 4, 7])
    assert (results, ran) == (["120", "24", "5040"], 2)


def test_with_functions_that_call_each_other(travel):
    define = (
        "@make(keep='all')\ndef even(x):\n    return x == 0 or odd(x - 1)\n"
        "@make(keep='all')\ndef odd(x):\n    return x != 0 and even(x - 1)\n"
        "f = even\n"
    )
    results, ran = travel(define, [4], then=[4, 5])
    assert results == ["True", "False"]


def test_with_persisters_of_the_script(travel):
    define = (
        "class Text(PickleFile.__base__):\n"
        "    def save(self, value):\n"
        "        with open(self.filename, 'w') as file: file.write(value)\n"
        "    def load(self):\n"
        "        with open(self.filename) as file: return file.read()\n"
        "@make(output=Text('f.txt'))\ndef f(x):\n    return x * 2\n"
    )
    results, ran = travel(define, ["ab"])
    assert (results, ran) == (["abab"], 0)


def test_a_lambda_and_a_closure(travel):
    define = "def outer(n):\n    return make(lambda x: x + n, name='added')\nf = outer(10)\n"
    results, ran = travel(define, [1])
    assert (results, ran) == (["11"], 0)


def test_a_method_of_a_class_of_the_script(travel):
    define = (
        "class Model:\n    def __init__(self, n):\n        self.n = n\n"
        "    @make\n    def fit(self, x):\n        return x + self.n\n"
        "f = Model(10).fit\n"
    )
    results, ran = travel(define, [1])
    # From 3.1.3 on cloudpickle takes the name of its file from the code of a class: it has no text then.
    has_text = cloudpickle.__version__.split(".") < ["3", "1", "3"]
    assert (results, ran) == (["11"], 0 if has_text else 1)


def test_an_async_function(travel):
    define = (
        "import asyncio\n@make\nasync def g(x):\n    return x * 2\n"
        "def f(x):\n    return asyncio.run(g(x))\nf.cache_info = g.cache_info\n"
    )
    results, ran = travel(define, [2])
    assert results == ["4"]


def test_a_function_that_was_made_here_by_value_again(travel, tmp_path):
    """It can travel on from where it arrived."""
    travel("@make\ndef f(x):\n    return x * 2\n", [21])
    there = tmp_path / "there"
    in_process(
        there,
        """
        import pickle
        with open("function.pkl", "rb") as file:
            loaded = pickle.load(file)
        with open("function.pkl", "wb") as file:
            pickle.dump(loaded, file)
        """,
    )
    out, _ = in_process(there, OTHER, name="other.py")
    assert out == "42\n0\n"
    assert lines(there / "runs") == []


def test_under_another_decorator(travel):
    define = (
        "import functools\nFACTOR = 10\n"
        "def scaled(by):\n"
        "    def decorate(function):\n"
        "        @functools.wraps(function)\n"
        "        def wrapper(x):\n            return by * function(x)\n"
        "        return wrapper\n"
        "    return decorate\n"
        "@make\n@scaled(FACTOR)\ndef f(x):\n    return x + 1\n"
    )
    results, ran = travel(define, [1])
    assert (results, ran) == (["20"], 0)


def test_a_method_that_calls_the_one_above_it_and_itself(travel):
    define = (
        "class Base:\n"
        "    @make(keep='all')\n    def fit(self, x):\n        return x\n"
        "class Model(Base):\n"
        "    @make(keep='all')\n    def fit(self, x):\n"
        "        return super().fit(x) + (self.fit(x - 1) if x else 0)\n"
        "f = Model().fit\n"
    )
    results, ran = travel(define, [3])
    assert (results, ran) == (["6"], 0)


def test_in_a_closure_that_calls_itself(travel):
    define = (
        "def outer():\n"
        "    @make(keep='all')\n    def down(n):\n        return 0 if n == 0 else 1 + down(n - 1)\n"
        "    return down\n"
        "f = outer()\n"
    )
    results, ran = travel(define, [3], then=[3, 4])
    assert (results, ran) == (["3", "4"], 1)


def test_through_other_functions_that_share_helpers(travel):
    define = (
        "def shared(x):\n    return 2 * x\n"
        "@make(keep='all')\ndef a(x):\n    return shared(x) + (c(x - 1) if x else 0)\n"
        "@make(keep='all')\ndef b(x):\n    return shared(x) + a(x)\n"
        "@make(keep='all')\ndef c(x):\n    return shared(x) + b(x) + sum(t(x) for t in TABLE)\n"
        "TABLE = (shared, a)\n"
        "f = c\n"
    )
    results, ran = travel(define, [2])
    assert ran == 0


def test_under_a_decorator_that_calls_a_made_function(travel):
    define = (
        "import functools\n"
        "@make(keep='all')\ndef g(x):\n    return 10 * x\n"
        "def through(function):\n"
        "    @functools.wraps(function)\n"
        "    def wrapper(x):\n        return g(function(x))\n"
        "    return wrapper\n"
        "@make(keep='all')\n@through\ndef f(x):\n    return x + 1\n"
    )
    results, ran = travel(define, [1], then=[1, 2])
    assert (results, ran) == (["20", "30"], 1)


def test_what_cannot_leave_says_so(tmp_path):
    import pickle
    import threading

    import cloudpickle

    from remade import make

    lock = threading.Lock()
    made = make(lambda: lock, cachedir=tmp_path)
    for _ in range(2):
        with pytest.raises((TypeError, pickle.PicklingError), match="lock"):
            cloudpickle.dumps(made)
    assert cloudpickle.loads(cloudpickle.dumps(make(lambda: 1, cachedir=tmp_path)))() == 1


def test_the_same_function_is_the_same_pickle(tmp_path):
    """Whoever else holds a part of it: a result that holds one keeps its version."""
    program = """
        import hashlib, sys
        import cloudpickle
        from remade import make

        @make
        def f(x, by="a text of several words"):
            return [one + by + "another text" for one in x if one.long_name not in ("a", "b c")]

        code = f.__wrapped__.__code__
        parts = [code.co_consts, code.co_names, code.co_varnames, code.co_filename, code.co_code]
        held = parts + [list(part) for part in parts[:3]] if len(sys.argv) > 1 else []
        held += [const.co_consts for const in code.co_consts if hasattr(const, "co_code")]
        one = cloudpickle.dumps([f])
        held.append(list(code.co_names))
        print(hashlib.sha256(one).hexdigest(), one == cloudpickle.dumps([f]))
    """
    plain, _ = in_process(tmp_path, program)
    held, _ = in_process(tmp_path, program, "held")
    assert plain == held
    assert plain.split()[1] == "True"
