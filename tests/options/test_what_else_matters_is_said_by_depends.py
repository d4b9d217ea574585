"""`depends`, `follow`, `version`: a change of what they name runs the function again."""

import importlib
import sys

import numpy as np
import pytest

from remade import Env, File, make


def ran(made, *args):
    before = made.cache_info().ran
    made(*args)
    return made.cache_info().ran > before


def f():
    return 1


def test_a_label(tmp_path):
    assert ran(make(f, cachedir=tmp_path, version="1"))
    assert not ran(make(f, cachedir=tmp_path, version="1"))
    assert ran(make(f, cachedir=tmp_path, version="2"))
    assert ran(make(f, cachedir=tmp_path))


def test_a_value(tmp_path):
    for value, expected in ((1, True), (1, False), (2, True), (np.arange(3), True)):
        assert ran(make(f, cachedir=tmp_path, depends=(value,))) == expected
    assert not ran(make(f, cachedir=tmp_path, depends=(np.arange(3),)))


def test_a_value_that_changes_after_decoration(tmp_path):
    table = {"a": 1}
    made = make(f, cachedir=tmp_path, depends=(table,))
    assert [ran(made), ran(made)] == [True, False]
    table["a"] = 2
    assert [ran(made), ran(made)] == [True, False]


def test_a_file(tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("1")
    made = make(f, cachedir=tmp_path / "c", depends=(File(data),))
    assert [ran(made), ran(made)] == [True, False]
    data.write_text("2")
    assert [ran(made), ran(made)] == [True, False]


def test_a_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("LAB_SUBJECT", raising=False)
    made = make(f, cachedir=tmp_path, depends=(Env("LAB_SUBJECT"),))
    assert [ran(made), ran(made)] == [True, False]
    for value in ("", "1", "2"):
        monkeypatch.setenv("LAB_SUBJECT", value)
        assert [ran(made), ran(made)] == [True, False]


@pytest.mark.parametrize("package", [np, "numpy"], ids=["module", "name"])
def test_a_package_counts_by_its_version(tmp_path, monkeypatch, package):
    assert ran(make(f, cachedir=tmp_path, depends=(package,)))
    assert not ran(make(f, cachedir=tmp_path, depends=(package,)))
    monkeypatch.setattr(np, "__version__", "0.0.1")
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.0.1")
    assert ran(make(f, cachedir=tmp_path, depends=(package,)))


def test_a_function_counts_by_its_code(tmp_path):
    def helper(body):
        space = {}
        exec(f"def helper(): return {body}", space)
        return space["helper"]

    assert ran(make(f, cachedir=tmp_path, depends=(helper("1"),)))
    assert not ran(make(f, cachedir=tmp_path, depends=(helper("1"),)))
    assert ran(make(f, cachedir=tmp_path, depends=(helper("2"),)))


def module(folder, text):
    (folder / "lab_module.py").write_text(text)
    sys.modules.pop("lab_module", None)
    importlib.invalidate_caches()
    return importlib.import_module("lab_module")


def test_a_module_of_ones_own_counts_by_its_file(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    options = {"cachedir": tmp_path / "c"}
    assert ran(make(f, **options, depends=(module(tmp_path, "A = 1"),)))
    assert not ran(make(f, **options, depends=(module(tmp_path, "A = 1"),)))
    assert ran(make(f, **options, depends=(module(tmp_path, "A = 22"),)))
    sys.modules.pop("lab_module")


def test_a_package_that_is_followed_counts_as_ones_own(tmp_path, monkeypatch):
    site = tmp_path / "site-packages"
    (site / "lab_tools").mkdir(parents=True)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def call(body, follow):
        (site / "lab_tools" / "__init__.py").write_text(f"def smooth(x): return {body}\n")
        sys.modules.pop("lab_tools", None)
        importlib.invalidate_caches()
        space = {"__name__": "pipeline", "smooth": importlib.import_module("lab_tools").smooth}
        exec("def step(x): return smooth(x)", space)
        made = make(space["step"], cachedir=tmp_path / "c", follow=follow)
        return made(1), made.cache_info().ran

    assert call("x + 1", ("lab_tools",)) == (2, 1)
    assert call("x + 1", ("lab_tools",)) == (2, 0)
    assert call("x + 20", ("lab_tools",)) == (21, 1)
    assert call("x + 20", ()) == (21, 1)
    assert call("x + 300", ()) == (21, 0)
    sys.modules.pop("lab_tools")


def test_a_class_whose_module_is_imported_later_is_the_same_class(tmp_path):
    """`numpy.recarray` says that it comes from `numpy.rec`, which nothing has imported."""
    from counting import in_process

    out, _ = in_process(
        tmp_path,
        """
        import sys
        import numpy as np
        from remade import make

        @make
        def f(kind):
            return kind.__name__

        before = "numpy.rec" in sys.modules
        f(np.recarray)
        import numpy.rec
        f(np.recarray)
        print(before, f.cache_info().ran)
        """,
    )
    assert out.endswith(" 1\n")
