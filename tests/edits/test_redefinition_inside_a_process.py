"""A function that is defined anew while the program runs is another function at once."""

import linecache

import pytest

MAIN = """
    import helpers
    from remade import make
    from marks import mark

    @make(keep="all")
    def f(x):
        mark("f")
        return helpers.double(x)
"""
HELPERS = """
    def times():
        return 2

    def double(x):
        return x * times()
"""


@pytest.fixture
def lab(shop):
    shop.write(main=MAIN, helpers=HELPERS)
    return shop


def test_a_patched_helper(lab):
    script = """
        import main, helpers
        answer = [main.f(5), main.f(5)]
        before = helpers.double
        helpers.double = lambda x: x * 100
        answer += [main.f(5), main.f(5)]
        helpers.double = before
        answer += [main.f(5), main.f(5)]
    """
    assert lab.run(script) == ([10, 10, 500, 500, 10, 10], ["f", "f"])


def test_a_patched_helper_of_a_helper(lab):
    script = """
        import main, helpers
        answer = [main.f(5)]
        helpers.times = lambda: 3
        answer += [main.f(5), main.f(5)]
        helpers.times.__code__ = (lambda: 4).__code__
        answer += [main.f(5), main.f(5)]
    """
    assert lab.run(script) == ([10, 15, 15, 20, 20], ["f", "f", "f"])


def test_a_reloaded_module(lab):
    script = """
        import importlib, os, pathlib
        import main, helpers
        answer = [main.f(5)]
        path = pathlib.Path(helpers.__file__)
        path.write_text(path.read_text().replace("return 2", "return 30"))
        answer += [main.f(5)]  # the file is another, the program is not
        importlib.reload(helpers)
        answer += [main.f(5), main.f(5)]
        importlib.reload(main)
        answer += [main.f(5)]
    """
    assert lab.run(script) == ([10, 10, 150, 150, 150], ["f", "f"])
    assert lab.call("f(5)") == (150, [])


def test_a_reloaded_module_of_made_functions(lab):
    script = """
        import importlib, pathlib
        import main
        answer = [main.f(5)]
        path = pathlib.Path(main.__file__)
        path.write_text(path.read_text().replace("helpers.double(x)", "helpers.double(x) + 1"))
        importlib.reload(main)
        answer += [main.f(5), main.f(5)]
    """
    assert lab.run(script) == ([10, 11, 11], ["f", "f"])
    assert lab.call("f(5)") == (11, [])


CELL = """\
FACTOR = {factor}
def helper(x):
    {comment}
    return x * FACTOR
@make(cachedir=cachedir, keep="all")
def f(x):
    mark("f")
    return helper(x)
"""


def execute(number, namespace, **parts):
    """As a notebook does with a cell."""
    source = CELL.format(**{"factor": 2, "comment": "# none", **parts})
    name = f"<cell {number}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), namespace)


@pytest.fixture
def namespace(cachedir, marks):
    from remade import make

    yield {"make": make, "cachedir": cachedir, "mark": marks.mark, "__name__": "notebook"}
    for name in [name for name in linecache.cache if name.startswith("<cell ")]:
        del linecache.cache[name]


def test_a_cell_that_is_executed_again_is_fresh(namespace, marks):
    execute(1, namespace)
    assert marks.of(namespace["f"], 5) == (10, ["f"])
    execute(2, namespace)
    assert marks.of(namespace["f"], 5) == (10, [])


def test_a_cell_with_another_comment_is_fresh(namespace, marks):
    execute(1, namespace)
    assert marks.of(namespace["f"], 5) == (10, ["f"])
    execute(2, namespace, comment="# twice")
    assert marks.of(namespace["f"], 5) == (10, [])


def test_an_edited_cell_runs(namespace, marks):
    execute(1, namespace)
    before = namespace["f"]
    assert marks.of(before, 5) == (10, ["f"])
    execute(2, namespace, factor=3)
    assert marks.of(namespace["f"], 5) == (15, ["f"])
    assert marks.of(before, 5) == (15, [])  # the old function looks up the new helper


def test_a_global_of_the_notebook_that_is_bound_anew_runs(namespace, marks):
    execute(1, namespace)
    f = namespace["f"]
    assert marks.of(f, 5) == (10, ["f"])
    namespace["FACTOR"] = 7
    assert marks.of(f, 5) == (35, ["f"])
    namespace["FACTOR"] = 2
    assert marks.of(f, 5) == (10, [])
