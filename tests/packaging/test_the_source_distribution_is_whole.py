"""The source distribution has all that a build needs and no more, and what it builds works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import fences

PROGRAM = """
import importlib.metadata, remade
from remade import PickleFile, events, make

@make(output=PickleFile("f.pkl"))
def f(x):
    return [x]

ran = []
with events(lambda event: ran.append(event.ran)):
    assert f(1) == f(1) == [1]
assert ran == [True, False]
assert remade.__version__ == importlib.metadata.version("remade")
assert remade.origin(1) is None
print(remade.__file__)
"""


def maturin() -> str:
    """A Python that can build: this one, or that of `make build`."""
    for python in (sys.executable, str(fences.ROOT / ".venv/bin/python")):
        if (
            Path(python).exists()
            and run(python, "-c", "import maturin", check=False).returncode == 0
        ):
            return python
    pytest.skip("no maturin here: make build installs it")


def run(*command: str, check: bool = True, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The folder that comes out of the archive."""
    folder = tmp_path_factory.mktemp("sdist")
    command = [maturin(), "-m", "maturin", "sdist", "--out", str(folder)]
    # It asks cargo for the list of files; what is locked is not looked up again.
    run(*command, cwd=fences.ROOT, env={**os.environ, "CARGO_NET_OFFLINE": "true"})
    [archive] = folder.glob("*.tar.gz")
    assert archive.stat().st_size < 1_000_000
    with tarfile.open(archive) as opened:
        # Pythons that know filters warn where none is named.
        options = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        opened.extractall(folder, **options)
    [top] = (path for path in folder.iterdir() if path.is_dir())
    return top


def below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_it_has_every_source_and_nothing_that_only_developers_run(unpacked):
    found = below(unpacked)
    sources = {
        f"{folder}/{path.relative_to(fences.ROOT / folder).as_posix()}"
        for folder in (
            "crates/remade/src",
            "crates/remade-macros",
            "crates/remade-python/src",
            "python/remade",
        )
        for path in (fences.ROOT / folder).rglob("*")
        if path.suffix in (".rs", ".py", ".pyi") or path.name == "py.typed"
    }
    manifests = {"Cargo.toml", "Cargo.lock", "pyproject.toml", "README.md", "LICENSE", "PKG-INFO"}
    crates = {path.parent.name for path in (fences.ROOT / "crates").glob("*/Cargo.toml")}
    expected = sources | manifests | {f"crates/{name}/Cargo.toml" for name in crates}
    # A manifest that names a benchmark is only read where the file is there.
    expected.add("crates/remade/benches/engine.rs")
    assert found == expected


def test_the_versions_of_all_crates_are_those_that_were_tested(unpacked):
    locked = (fences.ROOT / "Cargo.lock").read_text("utf-8")
    assert (unpacked / "Cargo.lock").read_text("utf-8") == locked


@pytest.mark.skipif("REMADE_TEST_BUILD" not in os.environ, reason="a minute: REMADE_TEST_BUILD=1")
def test_what_it_builds_works_in_a_clean_environment(unpacked, tmp_path):
    # Crates of others are taken from the builds before this one; ours are always in one place, or
    # each run would leave them behind once more. Cargo goes by times, and those in the archive are old.
    place = fences.ROOT / "build/sdist"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(unpacked, place, copy_function=shutil.copyfile)
    target = os.environ.get("CARGO_TARGET_DIR", str(fences.ROOT / "target"))
    builder = maturin()
    build = [builder, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps"]
    build += ["--no-cache-dir", "--wheel-dir", str(tmp_path), "."]
    # pip calls maturin by its name; the environment that has it need not be switched on.
    path = os.pathsep.join([str(Path(builder).parent), os.environ.get("PATH", "")])
    run(*build, cwd=place, env={**os.environ, "PATH": path, "CARGO_TARGET_DIR": target})
    shutil.rmtree(place)
    [wheel] = tmp_path.glob("remade-*-cp310-abi3-*.whl")
    run(sys.executable, "-m", "venv", str(tmp_path / "venv"))
    python = str(next((tmp_path / "venv").glob("*/python")))
    run(python, "-m", "pip", "install", "--quiet", "--no-index", str(wheel))
    clean = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    done = run(python, "-c", PROGRAM, cwd=tmp_path, env=clean)
    assert str(tmp_path / "venv") in done.stdout
