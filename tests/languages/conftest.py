"""The Rust program of these tests, built once."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import fences


@pytest.fixture(scope="session")
def program() -> Path:
    cargo = shutil.which("cargo")
    if cargo is None:
        pytest.skip("no cargo here: the Rust program of these tests cannot be built")
    build = [cargo, "build", "--quiet", "--locked", "--package", "remade", "--example", "pipeline"]
    built = subprocess.run(build, cwd=fences.ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    where = [cargo, "metadata", "--no-deps", "--offline", "--format-version", "1"]
    told = subprocess.run(where, cwd=fences.ROOT, capture_output=True, text=True, check=True)
    return Path(json.loads(told.stdout)["target_directory"]) / "debug/examples/pipeline"
