"""By reference from modules, by value from scripts; the same store, so one run in all."""

import ast
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from counting import in_process, lines

TESTS = str(Path(__file__).parent.parent)

MODULE = """
    import os
    from counting import note
    from remade import NumpyFile, make

    @make(cachedir=os.environ["STORE"], keep="all")
    def square(x):
        note(os.environ["STORE"] + ".runs", f"{x}")
        return x * x

    class Model:
        def __init__(self, scale):
            self.scale = scale

        @make(cachedir=os.environ["STORE"], keep="all")
        def fit(self, x):
            note(os.environ["STORE"] + ".runs", f"fit {self.scale} {x}")
            return self.scale * x
"""

POOLS = {
    "spawn": "multiprocessing.get_context('spawn').Pool(2)",
    "fork": "multiprocessing.get_context('fork').Pool(2)",
    "forkserver": "multiprocessing.get_context('forkserver').Pool(2)",
    "futures": "concurrent.futures.ProcessPoolExecutor(2)",
    "futures spawn": "concurrent.futures.ProcessPoolExecutor("
    "2, mp_context=multiprocessing.get_context('spawn'))",
    "threads": "concurrent.futures.ThreadPoolExecutor(4)",
    "joblib": "Joblib('loky')",
    "joblib threads": "Joblib('threading')",
}

HEAD = """
import concurrent.futures, multiprocessing, os, sys

class Joblib:
    def __init__(self, backend):
        self.backend = backend
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def map(self, function, values):
        import joblib
        calls = (joblib.delayed(function)(value) for value in values)
        return joblib.Parallel(n_jobs=2, backend=self.backend)(calls)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("STORE", str(tmp_path / "store"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([TESTS, str(tmp_path)]))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    import textwrap

    (tmp_path / "lab.py").write_text(textwrap.dedent(MODULE))

    def run(program):
        return in_process(tmp_path, program)

    run.runs = lambda: sorted(lines(tmp_path / "store.runs"))
    return run


def needs(pool):
    if "joblib" in pool:
        pytest.importorskip("joblib")
    if ("fork" in pool or pool == "futures") and sys.platform != "linux":
        pytest.skip("no fork here")


@pytest.mark.parametrize("pool", POOLS)
def test_a_function_of_a_module_runs_once_in_all(run, pool):
    needs(pool)
    out, _ = run(
        HEAD
        + f"""
import lab
if __name__ == "__main__":
    with {POOLS[pool]} as pool:
        print(list(pool.map(lab.square, [1, 2, 1, 2, 3, 3, 3, 1])))
        print(list(pool.map(lab.Model(2).fit, [1, 2, 1, 2])))
    print(lab.square(2), lab.Model(2).fit(2), lab.square.cache_info().ran <= 3)
"""
    )
    assert out == "[1, 4, 1, 4, 9, 9, 9, 1]\n[2, 4, 2, 4]\n4 4 True\n"
    assert run.runs() == ["1", "2", "3", "fit 2 1", "fit 2 2"]


@pytest.mark.parametrize("pool", POOLS)
def test_a_function_of_a_script_runs_once_in_all(run, pool):
    needs(pool)
    if pool not in ("fork", "futures", "threads", "joblib threads"):
        pytest.importorskip("cloudpickle")
    out, err = run(
        HEAD
        + f"""
from counting import note
from remade import make

@make(cachedir=os.environ["STORE"], keep="all")
def square(x):
    note(os.environ["STORE"] + ".runs", str(x))
    return helper(x)

def helper(x):
    return x * x

if __name__ == "__main__":
    with {POOLS[pool]} as pool:
        print(list(pool.map(square, [1, 2, 1, 2, 3, 3, 3, 1])))
    print(square(2), square(3))
"""
    )
    assert out == "[1, 4, 1, 4, 9, 9, 9, 1]\n4 9\n", err
    assert run.runs() == ["1", "2", "3"]


def test_from_a_module_by_reference(run, tmp_path):
    out, _ = run(
        """
        import pickle
        import lab
        data = pickle.dumps((lab.square, lab.Model(3).fit, lab.Model.fit))
        square, fit, plain = pickle.loads(data)
        print(square is lab.square, plain is lab.Model.fit, fit(2), len(data) < 200)
        """
    )
    assert out == "True True 6 True\n"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_with_every_protocol(run, protocol):
    out, _ = run(
        f"""
        import pickle
        import lab
        print(pickle.loads(pickle.dumps(lab.square, {protocol})) is lab.square)
        print(pickle.loads(pickle.dumps(lab.Model(3).fit, {protocol}))(2))
        """
    )
    assert out == "True\n6\n"


WORKER_OF_A_SCRIPT = """
import multiprocessing, os, sys
from counting import note
from remade import make

@make(cachedir=os.environ["STORE"], keep="all")
def square(x):
    note(os.environ["STORE"] + ".runs", f"{x}")
    return x * x

def worker(x):
    return square(x)

if __name__ == "__main__":
    print(square(2))
    with multiprocessing.get_context(METHOD).Pool(2) as pool:
        print(pool.map(worker, [1, 2, 2]))
    print(square(1), sorted(os.listdir(os.environ["STORE"] + "/v1")))
"""


@pytest.mark.parametrize("arguments", [["script.py"], ["-m", "script"], ["-m", "package.script"]])
@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_a_plain_worker_of_a_script_finds_what_the_script_has_stored(
    run, tmp_path, method, arguments
):
    # A worker that is spawned runs the script under another name than `__main__`.
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    for folder in (tmp_path, tmp_path / "package"):
        text = WORKER_OF_A_SCRIPT.replace("METHOD", repr(method))
        (folder / "script.py").write_text(text)
    done = subprocess.run(
        [sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    two, three, last = done.stdout.splitlines()
    assert (two, three) == ("4", "[1, 4, 4]")
    assert run.runs() == ["1", "2"]
    number, folders = last.split(" ", 1)
    assert number == "1"
    assert sum("square" in folder for folder in ast.literal_eval(folders)) == 1
