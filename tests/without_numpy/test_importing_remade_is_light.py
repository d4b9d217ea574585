"""Importing remade loads nothing large, whatever is installed."""

import os
import subprocess
import sys

import pytest

HEAVY = """
    ast asyncio cloudpickle collections contextlib copy dataclasses enum glob importlib.metadata
    inspect json linecache logging numba numpy pandas pathlib pickle polars pyarrow re string
    subprocess tempfile threading tokenize typing
""".split()


def run(program, folder=None):
    """What a program prints in a bare interpreter: without `site`, which may import anything."""
    path = f"import sys, os; sys.path[:] = {sys.path!r}\n"
    variables = {"PYTHONPYCACHEPREFIX": str(folder)} if folder else {}
    environment = {**os.environ, **variables}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-S", "-c", path + program]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_no_large_module_is_imported():
    before = run("print(*sys.modules)")
    after = run("import remade; print(*sys.modules)")
    new = set(after) - set(before)
    assert not new & set(HEAVY)
    assert {name for name in new if not name.startswith("remade")} <= {"__future__"}


def test_making_and_calling_a_function_imports_no_numpy(tmp_path):
    program = f"""
import remade
@remade.make(cachedir={str(tmp_path)!r})
def f(x):
    return [x, "text", None]
assert f(1) == f(1) == [1, "text", None]
print(*sys.modules)
"""
    for _ in range(2):
        assert not {"numpy", "pandas", "typing", "logging", "inspect"} & set(run(program))


@pytest.mark.skipif(sys.platform == "win32", reason="times are those of one system")
def test_it_takes_less_than_ten_milliseconds(tmp_path):
    program = """
from time import perf_counter
start = perf_counter()
import remade
print(perf_counter() - start)
"""
    assert min(float(run(program, tmp_path)[0]) for _ in range(20)) < 0.010


def test_everything_exported_is_there():
    names = run("import remade; print(*(name for name in remade.__all__ if hasattr(remade, name)))")
    assert names == run("import remade; print(*remade.__all__)")
    assert set(names) <= set(run("import remade; print(*dir(remade))"))
