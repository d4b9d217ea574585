"""A run that catches the error of a nested call depends on what led to the error."""

import numpy as np
import pytest

from remade import File, make


@pytest.fixture
def write(tmp_path):
    def write(text):
        (tmp_path / "data.txt").write_text(text)

    return write


def test_a_file_behind_a_caught_error_makes_the_outer_stale(cachedir, marks, write, tmp_path):
    mark, path = marks.mark, str(tmp_path / "data.txt")

    @make(cachedir=cachedir)
    def parse(file):
        mark("parse")
        with open(file) as opened:
            return int(opened.read())

    @make(cachedir=cachedir)
    def total():
        mark("total")
        try:
            return parse(File(path))
        except ValueError:
            return "no number"

    write("many")
    assert marks.of(total) == ("no number", ["total", "parse"])
    assert marks.of(total) == ("no number", [])
    write("12345")
    assert marks.of(total) == (12345, ["total", "parse"])
    assert marks.of(total) == (12345, [])


def test_a_missing_file_behind_a_caught_error_makes_the_outer_stale(
    cachedir, marks, write, tmp_path
):
    mark, path = marks.mark, str(tmp_path / "data.txt")

    @make(cachedir=cachedir)
    def read(file):
        mark("read")
        with open(file) as opened:
            return opened.read()

    @make(cachedir=cachedir)
    def size():
        mark("size")
        try:
            return len(read(File(path)))
        except OSError:
            return None

    assert marks.of(size)[0] is None
    write("four")
    assert marks.of(size) == (4, ["size", "read"])


def test_an_error_of_a_call_inside_the_nested_call_counts_too(cachedir, marks, write, tmp_path):
    mark, path = marks.mark, str(tmp_path / "data.txt")

    @make(cachedir=cachedir)
    def parse(file):
        with open(file) as opened:
            return int(opened.read())

    @make(cachedir=cachedir)
    def between():
        return parse(File(path)) + 1

    @make(cachedir=cachedir)
    def total():
        mark("total")
        try:
            return between()
        except ValueError:
            return "no number"

    write("many")
    assert marks.of(total) == ("no number", ["total"])
    write("12345")
    assert marks.of(total) == (12346, ["total"])


def test_a_global_behind_a_caught_error_makes_the_outer_stale(shop):
    shop.write(
        steps="""
            from remade import make
            from marks import mark
            LIMITS = {"most": 1}

            @make()
            def check(x):
                mark("check")
                if x > LIMITS["most"]:
                    raise ValueError(x)
                return x
        """,
        main="""
            import importlib
            from remade import make
            from marks import mark
            import steps

            @make()
            def total(x):
                mark("total")
                try:
                    return getattr(importlib.import_module("steps"), "check")(x)
                except ValueError:
                    return "too much"
        """,
    )
    assert shop.call("total(3)") == ("too much", ["total", "check"])
    assert shop.call("total(3)") == ("too much", [])
    shop.edit("steps", '"most": 1', '"most": 5')
    assert shop.call("total(3)") == (3, ["total", "check"])


def test_an_error_passes_through_and_leaves_nothing_behind(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def inner(x):
        mark("inner")
        raise KeyError(x)

    @make(cachedir=cachedir)
    def outer(x):
        mark("outer")
        return inner(x)

    for _ in range(2):
        with pytest.raises(KeyError, match="7"):
            outer(7)
    assert marks.new() == ["outer", "inner", "outer", "inner"]
    assert not list(cachedir.rglob("*.lock"))


def test_what_a_raising_run_changed_is_known_by_its_content(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def count(n):
        return np.arange(n)

    @make(cachedir=cachedir)
    def total(a):
        mark("total")
        return int(a.sum())

    @make(cachedir=cachedir)
    def half_done(a):
        a += 1
        raise RuntimeError("on the way")

    a = count(5)
    assert marks.of(total, a) == (10, ["total"])
    with pytest.raises(RuntimeError):
        half_done(a)
    assert marks.of(total, a) == (15, ["total"])
