"""What is installed, and what is published, describe themselves, in one voice."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import fences
import remade

DISTRIBUTION = importlib.metadata.distribution("remade")


def settings(file: str, section: str) -> str:
    """A section of a TOML file, as it stands: there is no reader of TOML before Python 3.11."""
    text = (fences.ROOT / file).read_text("utf-8")
    return text.split(f"\n[{section}]\n")[1].split("\n[")[0]


def test_there_is_one_version():
    [version] = re.findall(
        r'^version = "(.*)"$', settings("Cargo.toml", "workspace.package"), re.MULTILINE
    )
    assert remade.__version__ == DISTRIBUTION.version == version
    [engine] = re.findall(
        r"^remade = .*version = \"=(.*)\"",
        settings("Cargo.toml", "workspace.dependencies"),
        re.MULTILINE,
    )
    assert engine == version


def test_the_metadata_are_those_of_the_project():
    found = DISTRIBUTION.metadata
    project = settings("pyproject.toml", "project")
    assert found["Name"] == "remade"
    assert found["Summary"] == re.findall(r'^description = "(.*)"$', project, re.MULTILINE)[0]
    assert f'description = "{found["Summary"]}"' in settings("Cargo.toml", "workspace.package")
    assert found["Requires-Python"] == ">=3.10"
    assert found["License-Expression"] == "BSD-3-Clause"
    assert found.get_all("License-File") == ["LICENSE"]
    assert "text/markdown" in found["Description-Content-Type"]
    readme = (fences.ROOT / "README.md").read_text("utf-8")
    description = found["Description"] or found.get_payload()
    assert description.strip() == readme.strip()


def test_this_python_is_one_that_it_names_and_none_before_it_is():
    classifiers = DISTRIBUTION.metadata.get_all("Classifier")
    named = {text.rpartition(" ")[2] for text in classifiers if " :: Python :: 3." in text}
    assert named >= {"3.10", "3.11", "3.12", "3.13"}
    assert not named & {"3.8", "3.9"}
    assert "Typing :: Typed" in classifiers
    assert len(classifiers) == len(set(classifiers))


def test_nothing_else_must_be_installed():
    required = DISTRIBUTION.requires or []
    assert [line for line in required if "extra ==" not in line] == []
    assert set(DISTRIBUTION.metadata.get_all("Provides-Extra")) == {"dev", "numpy"}


def test_one_wheel_is_for_every_python():
    tags = re.findall(r"^Tag: (.*)$", DISTRIBUTION.read_text("WHEEL") or "", re.MULTILINE)
    assert tags
    assert {tag.rsplit("-", 1)[0] for tag in tags} == {"cp310-abi3"}


def test_types_come_with_it():
    folder = Path(remade.__file__).parent
    assert (folder / "py.typed").exists()
    assert (folder / "_remade.pyi").exists()


def test_nothing_heavy_stands_in_the_times_of_its_import():
    command = [sys.executable, "-S", "-X", "importtime", "-c"]
    program = f"import sys; sys.path[:] = {sys.path!r}; import remade"
    done = subprocess.run([*command, program], capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert {"remade", "remade._remade", "remade._make"} <= imported
    heavy = {"ast", "asyncio", "inspect", "json", "logging", "numpy", "pathlib", "pickle", "typing"}
    assert not imported & heavy
