"""A store that an earlier release wrote answers every call, in another place and under every Python.

`write_golden.py` wrote them. A copy is opened as a person would open it: the project was moved, every
stamp is another one, and the pickles belong to whoever runs the tests.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pythons

pytest.importorskip("numpy")

HERE = Path(__file__).parent
FORMATS = sorted(path.name for path in HERE.glob("format*"))

ASK = """
import sys, warnings
warnings.simplefilter("error")
import lab
from remade import check, events

seen = []
with events(seen.append):
    for name, call in lab.calls().items():
        print(f"{name}: {call()!r}")
ran = [(one.function, one.reasons) for one in seen if one.ran]
assert ran == [], ran
assert len(seen) >= 20, len(seen)
report = check("cache")
assert report.problems == (), str(report)
assert report.files >= 9, str(report)
"""


def copy(format_, folder):
    """A copy with the rights that a person's own files have: git keeps no others."""
    project = folder / "moved" / "project"
    shutil.copytree(HERE / format_, project)
    for path in [project, *project.rglob("*")]:
        os.chmod(path, 0o700 if path.is_dir() else 0o600)
    return project


def ask(python, project, environment):
    done = subprocess.run(
        [python, "-c", ASK], cwd=project, env=environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("format_", FORMATS)
def test_every_call_is_fresh_and_right(format_, tmp_path):
    project = copy(format_, tmp_path)
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    for _ in range(2):  # the first reads every file once, and the second believes what it noted
        found = ask(sys.executable, project, environment)
        assert found == (HERE / format_ / "values.txt").read_text()


@pytest.mark.parametrize("version", sorted(pythons.others()))
def test_every_python_reads_them(version, tmp_path):
    python = pythons.others()[version]
    environment = pythons.environment(tmp_path)
    has_numpy = [python, "-c", "import numpy"]
    if subprocess.run(has_numpy, env=environment, capture_output=True, check=False).returncode:
        pytest.skip(f"Python {version} has no numpy here")
    for format_ in FORMATS:
        project = copy(format_, tmp_path / format_)
        assert ask(python, project, environment) == (HERE / format_ / "values.txt").read_text()


def test_there_is_one_of_each_format():
    assert FORMATS == ["format1"]
