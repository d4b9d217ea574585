"""What tests share: counting runs and warnings, running programs, seeing what is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest

from remade import RemadeWarning, events


@pytest.fixture(autouse=True)
def quiet():
    """A warning that no test asked for is a failure."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RemadeWarning)
        yield


@contextmanager
def warned(*parts):
    """The block gives one `RemadeWarning` for each of `parts`: a text in it, or a tuple of them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught
    texts = [str(one.message) for one in caught if issubclass(one.category, RemadeWarning)]
    assert len(texts) == len(parts), texts
    for text, part in zip(texts, parts, strict=True):
        for one in (part,) if isinstance(part, str) else part:
            assert one in text, text


@contextmanager
def told():
    """What made functions did in the block: a list of events."""
    seen = []
    with events(seen.append):
        yield seen


def note(path, line="run"):
    """Appends a line to a file in one write, so that several processes can."""
    with open(path, "a") as file:
        file.write(f"{line}\n")


def lines(path):
    """The lines that `note` wrote; none where there is no file."""
    path = Path(path)
    return path.read_text().splitlines() if path.exists() else []


def staged(*folders):
    """Staged files and locks that lie about."""
    left = [path for folder in folders for path in Path(folder).rglob(".remade-*")]
    return left + [path for folder in folders for path in Path(folder).rglob("*.lock")]


def aside(folder):
    """Files that were moved aside, by name."""
    return sorted(path.name for path in Path(folder).iterdir() if ".by-hand-" in path.name)


def records(folder):
    """The records of a store, or below any folder."""
    return sorted(
        path for path in Path(folder).rglob("*.json") if path.parent.name not in ("code", "sources")
    )


def in_process(folder, program, *arguments, name="program.py", expect=0, **options):
    """What a program prints, run from a file in a process of its own, in this folder."""
    path = Path(folder, name)
    path.write_text(textwrap.dedent(program), "utf-8")
    done = subprocess.run(
        [sys.executable, name, *map(str, arguments)],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "always::UserWarning"}, **options,
    )  # fmt: skip
    assert done.returncode == expect, done.stderr
    return done.stdout, done.stderr
