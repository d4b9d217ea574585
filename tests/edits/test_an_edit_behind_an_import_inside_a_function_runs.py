"""What a function imports when it runs is a part of it, however the import is written."""

import pytest

MAIN = """
from marks import mark
from remade import make

{outside}

@make(cachedir="cache")
def f():
    mark("f")
    {inside}
    return {value}
"""

SUB = "def h():\n    return 2\n\n\nLEVEL = 2\n"

IMPORTS = {
    "a submodule": ("from pkg import sub", "sub.h()"),
    "a submodule by another name": ("from pkg import sub as other", "other.h()"),
    "two submodules": ("from pkg import second, sub", "sub.h() + second.NONE"),
    "a constant of a submodule": ("from pkg import sub", "sub.LEVEL"),
    "a submodule of a subpackage": ("from pkg.inner import sub", "sub.h()"),
    "a submodule of a package without __init__": ("from bare import sub", "sub.h()"),
    "the whole path": ("import pkg.sub", "pkg.sub.h()"),
    "the whole path by another name": ("import pkg.sub as other", "other.h()"),
    "a function of a submodule": ("from pkg.sub import h", "h()"),
}


@pytest.fixture
def shop(shop):
    shop.write(
        **{
            "pkg/__init__": "",
            "pkg/sub": SUB,
            "pkg/second": "NONE = 0\n",
            "pkg/inner/__init__": "",
            "pkg/inner/sub": SUB,
            "bare/sub": SUB,
        }
    )
    return shop


def edited(shop, *modules):
    for module in modules:
        shop.write(**{module: SUB.replace("2", "3")})


@pytest.mark.parametrize("how", IMPORTS)
def test_of_a_package(shop, how):
    inside, value = IMPORTS[how]
    shop.write(main=MAIN.format(outside="", inside=inside, value=value))
    assert shop.call("f()") == (2, ["f"])
    assert shop.call("f()") == (2, [])
    assert shop.call("[f(), f()]") == ([2, 2], [])
    edited(shop, "pkg/sub", "pkg/inner/sub", "bare/sub")
    assert shop.call("f()") == (3, ["f"])
    assert shop.call("f()") == (3, [])


@pytest.mark.parametrize("inside", ["from . import sub", "from .inner import sub"])
def test_of_the_package_that_the_function_is_in(shop, inside):
    text = MAIN.format(outside="", inside=inside, value="sub.h()")
    shop.write(**{"pkg/steps": text}, main="from pkg.steps import f\n")
    assert shop.call("f()") == (2, ["f"])
    assert shop.call("f()") == (2, [])
    edited(shop, "pkg/sub", "pkg/inner/sub")
    assert shop.call("f()") == (3, ["f"])


def test_in_a_helper(shop):
    outside = "def helper():\n    from pkg import sub\n    return sub.h()\n"
    shop.write(main=MAIN.format(outside=outside, inside="", value="helper()"))
    assert shop.call("f()") == (2, ["f"])
    assert shop.call("f()") == (2, [])
    edited(shop, "pkg/sub")
    assert shop.call("f()") == (3, ["f"])


def test_whoever_imported_it_before(shop):
    shop.write(main=MAIN.format(outside="", inside="from pkg import sub", value="sub.h()"))
    assert shop.call("f()") == (2, ["f"])
    assert shop.run("import pkg.sub, main\nanswer = main.f()") == (2, [])


def test_a_submodule_that_appears_later(shop):
    inside = "\n    ".join(
        ["try:", "    from pkg import late", "except ImportError:", "    return 0"]
    )
    shop.write(main=MAIN.format(outside="", inside=inside, value="late.h()"))
    assert shop.call("f()") == (0, ["f"])
    assert shop.call("f()") == (0, [])
    shop.write(**{"pkg/late": SUB})
    assert shop.call("f()") == (2, ["f"])


def test_an_attribute_that_the_package_makes_when_it_is_asked(shop):
    lazy = "def __getattr__(name):\n    from pkg import sub\n    return getattr(sub, name)\n"
    shop.write(**{"pkg/__init__": lazy})
    shop.write(main=MAIN.format(outside="", inside="from pkg import h", value="h()"))
    assert shop.call("f()") == (2, ["f"])
    assert shop.call("f()") == (2, [])
    edited(shop, "pkg/sub")
    assert shop.call("f()") == (3, ["f"])


@pytest.mark.parametrize("name", ["statistics", "profile", "this"])
def test_a_module_of_ones_own_that_is_named_as_one_of_python(shop, name):
    shop.write(**{name: SUB})
    shop.write(main=MAIN.format(outside="", inside=f"from {name} import h", value="h()"))
    assert shop.call("f()") == (2, ["f"])
    assert shop.call("f()") == (2, [])
    edited(shop, name)
    assert shop.call("f()") == (3, ["f"])


@pytest.mark.parametrize("value", ["pkg.sub.h()", "pkg.h()", "pkg.__dict__['known']()"])
def test_what_a_package_makes_when_a_function_names_it(shop, value):
    lazy = """
        import importlib
        from .second import known

        def __getattr__(name):
            if name == "h":
                return importlib.import_module("pkg.sub").h
            return importlib.import_module("pkg." + name)
    """
    shop.write(**{"pkg/__init__": lazy, "pkg/second": SUB.replace("h", "known")})
    shop.write(main=MAIN.format(outside="import pkg", inside="pass", value=value))
    assert shop.call("f()") == (2, ["f"])
    assert shop.call("[f(), f()]") == ([2, 2], [])
    edited(shop, "pkg/sub")
    shop.write(**{"pkg/second": SUB.replace("h", "known").replace("2", "3")})
    assert shop.call("f()") == (3, ["f"])
    assert shop.call("f()") == (3, [])


#: Ways to a module that stops at its first import: what is in the module that is named, and the import.
STOPS = {
    "a module": ("", "from stops import h"),
    "a submodule": ("", "from pkg import stops; h = stops.h"),
    "what a package makes": (
        "def __getattr__(name):\n    from pkg import stops\n    return getattr(stops, name)\n",
        "from pkg import h",
    ),
    "what a package makes when it is named": (
        "def __getattr__(name):\n    from pkg import stops\n    return getattr(stops, name)\n",
        "h = pkg.h",
    ),
}


@pytest.mark.parametrize("how", STOPS)
def test_an_interrupt_on_the_way_stops_the_call(shop, how):
    package, inside = STOPS[how]
    stops = "import sys\nsys.tries += 1\nif sys.tries == 1:\n    raise KeyboardInterrupt\n" + SUB
    shop.write(**{"pkg/__init__": package, "pkg/stops": stops, "stops": stops})
    shop.write(main=MAIN.format(outside="import pkg", inside=inside, value="h()"))
    answer = shop.run("""
        import sys
        sys.tries = 0
        import main
        try:
            answer = main.f()
        except KeyboardInterrupt:
            answer = [sys.tries, main.f()]
    """)
    assert answer == ([1, 2], ["f"])


def test_a_module_that_ends_the_program_ends_none_that_does_not_import_it(shop):
    shop.write(ends="raise SystemExit(3)\n")
    inside = "if x:\n        from ends import h"
    text = MAIN.format(outside="", inside=inside, value="2 + x").replace("f():", "f(x):")
    shop.write(main=text)
    assert shop.call("f(0)") == (2, ["f"])
    answer = shop.run("""
        import main
        try:
            answer = main.f(1)
        except SystemExit as end:
            answer = ["ended", end.code]
    """)
    assert answer == (["ended", 3], ["f"])
