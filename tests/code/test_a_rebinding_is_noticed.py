"""A code is current only while every name in it is what it was."""

import pytest

MODULES = {
    "main": """
        import functools
        import tools
        from tools import helper, Model
        import remade._remade as _remade

        CONSTANT = 1
        table = [1]

        def local_helper(x, y=1, *, z=2):
            return x

        def counter():
            count = 1
            def inner(x):
                return x + count
            def change():
                nonlocal count
                count = 2
            return inner, change

        closed, change_cell = counter()

        @functools.singledispatch
        def show(x):
            return 0

        def f(x):
            return (CONSTANT, table, local_helper(x), helper(x), tools.deep(x), tools.WIDTH, Model().run(), len(x),
                    closed(x), missing, show(x))
    """,  # noqa: E501
    "tools": """
        WIDTH = 3
        class Base:
            def run(self): return 0
        class Model(Base):
            gain = 2
        def helper(x): return x
        def deep(x): return x
    """,
}

CHANGES = {
    "a global": "main.CONSTANT = 2",
    "the type of a mutable global": "main.table = (1,)",
    "a helper": "main.local_helper = lambda x: x",
    "a helper of another module": "main.helper = main.local_helper",
    "a function of a module": "tools.deep = main.local_helper",
    "a constant of a module": "tools.WIDTH = 4",
    "code": "main.local_helper.__code__ = (lambda x, y=1, *, z=2: y).__code__",
    "defaults": "main.local_helper.__defaults__ = (5,)",
    "keyword defaults": "main.local_helper.__kwdefaults__ = {'z': 5}",
    "a keyword default": "main.local_helper.__kwdefaults__['z'] = 5",
    "the code of the function itself": "main.f.__code__ = (lambda x: x).__code__",
    "the defaults of the function itself": "main.f.__defaults__ = (1,)",
    "a method": "tools.Model.run = lambda self: 1",
    "a method of a base": "tools.Base.run = lambda self: 1",
    "a class attribute": "tools.Model.gain = 3",
    "a base": "tools.Model.__bases__ = (type('New', (tools.Base,), {}),)",
    "a class": "main.Model = type('Model', (), {'run': lambda self: 3})",
    "a reload": "import importlib; importlib.reload(tools)",
    "a name that was missing": "main.missing = 1",
    "a builtin that is shadowed": "main.len = lambda x: 0",
    "a builtin": "import builtins; builtins.len = lambda x: 0",
    "a registration": "main.show.register(int, lambda x: 1)",
    "a name deleted": "del main.CONSTANT",
    "a module": "main.tools = type(tools)('tools')",
}

SCRIPT = """
import sys; sys.path.insert(0, "")
import main, tools, remade._remade as _remade
before = _remade._fingerprint(main.f)
assert before["code"].is_current() and before["code"].is_current()
%s
now = before["code"].is_current()
after = _remade._fingerprint(main.f)
assert after["code"].is_current()
print(now, before["fingerprint"] == after["fingerprint"])
"""


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(lab, change):
    lab.write(**MODULES)
    now, same = lab.run(SCRIPT % CHANGES[change]).split()
    assert now == "False"
    if change != "a reload":
        assert same == "False"
    else:
        assert same == "False" or same == "True"


@pytest.mark.parametrize(
    "nothing",
    [
        "main.table.append(2)",
        "main.table = [3, 4]",
        "main.unused = 3",
        "main.CONSTANT = main.CONSTANT",
        "main.change_cell()",
    ],
)
def test_what_changes_no_code_leaves_it_current(lab, nothing):
    # The cell is rebound by a function that is not reached, so a constant in it is guarded.
    lab.write(**MODULES)
    now, same = lab.run(SCRIPT % nothing).split()
    assert (now, same) == (("False", "False") if "cell" in nothing else ("True", "True"))


def test_functions_made_by_one_def_share_their_code(lab):
    out = lab.run("""
        import remade._remade as _remade, time
        def make_one():
            def f(x, y=(1,)): return helper(x)
            return f
        def helper(x): return x
        all = [make_one() for _ in range(1000)]
        first = _remade._fingerprint(all[0])
        codes = [_remade._fingerprint(one) for one in all]
        print(len({one["fingerprint"] for one in codes}))
        all[5].__defaults__ = (2,)
        print(sum(one["code"].is_current() for one in codes))
    """)
    assert out.split() == ["1", "999"]
