"""The example of the README does what the README says, run by run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import fences

README = fences.ROOT / "README.md"


def run(program: Path) -> str:
    """What the program prints, in a process and a working directory of its own."""
    command = [sys.executable, program.name]
    done = subprocess.run(command, cwd=program.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_example_prints_what_the_readme_shows(tmp_path):
    example, _ = fences.of_language(README, "python")
    first, second, after_the_change = fences.of_language(README, "text")
    program = tmp_path / "example.py"

    program.write_text(example, "utf-8")
    assert run(program) == first
    assert run(program) == second
    assert (tmp_path / "signal.npy").exists()
    assert (tmp_path / "peaks.pickle").exists()

    assert example.count("return 900\n") == 1
    changed = example.replace("return 900\n", "return 950\n")
    program.write_text(changed, "utf-8")
    assert run(program) == after_the_change


def test_the_changes_that_the_readme_names_run_what_it_says(tmp_path):
    example, _ = fences.of_language(README, "python")
    changed = example.replace("return 900\n", "return 950\n")
    program = tmp_path / "example.py"
    program.write_text(changed, "utf-8")
    first = run(program)
    reused = first.splitlines()[-1] + "\n"

    program.write_text("# A comment.\n" + changed.replace("\n\n\n", "\n\n\n\n"), "utf-8")
    assert run(program) == reused

    program.write_text(example.replace("return 900\n", "return 900 + 50\n"), "utf-8")
    assert run(program) == "looking for peaks\n" + reused


def test_the_events_of_the_readme_tell_what_was_decided(tmp_path):
    example, events = fences.of_language(README, "python")
    program = tmp_path / "example.py"
    program.write_text(example + events, "utf-8")
    run(program)
    assert re.fullmatch(r"\S*\brecord False \(\)", run(program).splitlines()[-1])
