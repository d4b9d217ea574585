"""What users write has the types that it has for the plain function, and mistakes are seen."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy")

FOLDER = Path(__file__).parent / "typing"


def errors(file: Path, tmp_path: Path) -> list[tuple[int, str]]:
    """Line and code of each error that mypy finds, under strict settings and no others."""
    settings = tmp_path / "mypy.ini"
    settings.write_text("[mypy]\nstrict = true\n", "utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(settings), "--no-pretty"]
    command += ["--cache-dir", str(tmp_path / "cache"), "--no-error-summary", str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = re.findall(r"^.*:(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.MULTILINE)
    assert len(found) == done.stdout.count(" error: "), done.stdout
    return [(int(line), code) for line, code in found]


def test_made_functions_have_the_types_of_the_plain_ones(tmp_path):
    assert errors(FOLDER / "right.py", tmp_path) == []


def test_mistakes_are_type_errors(tmp_path):
    file = FOLDER / "wrong.py"
    lines = enumerate(file.read_text("utf-8").splitlines(), start=1)
    expected = [(number, line.partition("# E: ")[2]) for number, line in lines if "  # E: " in line]
    assert errors(file, tmp_path) == expected
