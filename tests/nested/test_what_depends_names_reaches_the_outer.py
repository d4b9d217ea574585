"""A nested call brings everything that it depends on: a change makes the outer one stale."""

import pytest

from remade import Env, File, make


@pytest.fixture
def outer_of(cachedir, marks):
    mark = marks.mark

    def build(body, **options):
        inner = make(body, cachedir=cachedir, **options)

        def outer():
            mark("outer")
            return inner()

        return make(outer, cachedir=cachedir)

    return build


def test_an_environment_variable_of_a_nested_call_makes_the_outer_stale(
    outer_of, marks, monkeypatch
):
    mark = marks.mark

    def lab():
        import os

        mark("lab")
        return os.environ["LAB"]

    outer = outer_of(lab, depends=(Env("LAB"),))
    monkeypatch.setenv("LAB", "one")
    assert marks.of(outer) == ("one", ["outer", "lab"])
    assert marks.of(outer) == ("one", [])
    monkeypatch.setenv("LAB", "two")
    assert marks.of(outer) == ("two", ["outer", "lab"])


def test_a_file_that_a_nested_call_depends_on_makes_the_outer_stale(outer_of, marks, tmp_path):
    mark = marks.mark
    path = str(tmp_path / "data.txt")

    def read():
        mark("read")
        with open(path) as file:
            return file.read()

    (tmp_path / "data.txt").write_text("one")
    outer = outer_of(read, depends=(File(path),))
    assert marks.of(outer) == ("one", ["outer", "read"])
    assert marks.of(outer) == ("one", [])
    (tmp_path / "data.txt").write_text("three")
    assert marks.of(outer) == ("three", ["outer", "read"])


def test_a_value_that_a_nested_call_depends_on_makes_the_outer_stale(outer_of, marks):
    mark = marks.mark
    table = {"key": "one"}
    lookup = table.__getitem__

    def find():
        mark("find")
        return "result"

    outer = outer_of(find, depends=(table,))
    assert marks.of(outer) == ("result", ["outer", "find"])
    assert marks.of(outer) == ("result", [])
    table["key"] = "two"
    assert lookup("key") == "two"
    assert marks.of(outer) == ("result", ["outer", "find"])


def test_a_label_of_a_nested_function_makes_the_outer_stale(shop):
    module = """
        from remade import make
        from marks import mark

        @make(version="1")
        def inner():
            mark("inner")
            return 1

        INNER = {"inner": inner}

        @make()
        def outer(name):
            mark("outer")
            return globals()[name]()
    """
    shop.write(main=module)
    assert shop.call("outer('inner')") == (1, ["outer", "inner"])
    assert shop.call("outer('inner')") == (1, [])
    shop.edit("main", 'version="1"', 'version="2"')
    assert shop.call("outer('inner')") == (1, ["outer", "inner"])
