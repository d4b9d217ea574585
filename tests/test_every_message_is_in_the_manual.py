"""Every text that a user can be told has an entry in docs/warnings-and-errors.md: what it means, what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import fences

PAGE = fences.ROOT / "docs/warnings-and-errors.md"
RUST = (fences.ROOT / "crates/remade/src", fences.ROOT / "crates/remade-python/src")
PYTHON = fences.ROOT / "python/remade"

# Told to nobody as they are: each stands in brackets in a text that has an entry, says that two
# libraries do not fit each other, or guards a hidden function.
INSIDE_OTHERS = {
    "an Arrow buffer is too short": "has no version (...)",
    "it cannot be {doing}: {error}": "the key ... is not used: ...",
    "it holds no key of {DIGITS} hexadecimal digits: remove it, and a new one is made": (
        "the key ... is not used: ..."
    ),
    "it returned {}, and should return True or False": "could not compare ... (...)",
    "no run has begun": "a hidden function",
    "no store says where it lies": "a hidden function",
    "numpy.asarray gave no array": "could not be saved: ...",
    "not an array": "a hidden function",
    "numpy.empty gave no writeable array": "cannot be loaded (...)",
    "only a file can be mapped": "cannot be loaded (...)",
    "pyarrow.types is gone": "has no version (...)",
    "the array is larger than the address space": "cannot be loaded (...)",
    "the array reaches outside the address space": "has no version (...)",
    "the file cannot be written": "could not be saved: ...",
    "the file was not read": "cannot be loaded (...)",
    "the record's bytes are no hexadecimal": "cannot be loaded (...)",
    "the syntax tree is too deep": "the compiled form counts instead",
    "this call is finished already": "a hidden function",
    "this pickle is already written": "could not be saved: ...",
}
# Python's own words for an attribute that is not there.
OF_PYTHON = ("has no attribute",)
# What is quoted from elsewhere.
FROM_ELSEWHERE = {
    "cannot pickle",
    "Can't pickle",
    "got an unexpected keyword argument",
    "No space left on device",
}


def entries() -> list[str]:
    """The texts that have one: headings of warnings, first columns, and texts before a colon."""
    page = PAGE.read_text("utf-8")
    warned = page[page.index("\n## Warnings") : page.index("\n## SaveError")]
    found = re.findall(r"^### (.*)$", warned, re.MULTILINE)
    for cell in re.findall(r"^\| (`[^|]*`) \|", page, re.MULTILINE):
        found += re.findall(r"`([^`]*)`", cell)
    found += re.findall(r"^`([^`]*)`: ", page, re.MULTILINE)
    brackets = " ".join(page.split())
    return found + re.findall(r"`(it is [^`]*)` (?:in brackets|that)", brackets)


def literal(text: str) -> str:
    """A Rust literal as it is told: without line continuation and escapes."""
    return re.sub(r"\\\n\s*", "", text).replace('\\"', '"').replace("{{", "{").replace("}}", "}")


def of_rust(file: Path) -> Iterator[str]:
    """The texts of exceptions, and of why something has no version, is not saved or not loaded."""
    text = file.read_text("utf-8")
    quoted = r'\(?\s*(?:format!\(\s*)?"((?:[^"\\]|\\.|\\\n)*)"'
    for start in (
        r"Error::new_err",
        r"\bwhy:",
        r"\bbecause\(value,",
        r"Never",
        r"unloadable\(index,",
    ):
        for match in re.finditer(start + quoted, text):
            yield literal(match[1])


def of_python(file: Path) -> Iterator[str]:
    """The texts of `raise Error(...)`, `{}` where something is put in."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            given = node.exc.args[0]
            if isinstance(given, ast.Constant):
                yield str(given.value)
            elif isinstance(given, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in given.values)
                yield "".join(map(str, parts))


def texts() -> list[tuple[str, str]]:
    """Where each is, and the text."""
    rust = [file for folder in RUST for file in sorted(folder.rglob("*.rs"))]
    found = [(file.name, text) for file in rust for text in of_rust(file)]
    python = sorted(PYTHON.glob("*.py"))
    return found + [(file.name, text) for file in python for text in of_python(file)]


def test_every_exception_and_every_reason_has_an_entry():
    known = entries()
    told = texts()
    missing = [
        (file, text)
        for file, text in told
        if re.sub(r"\{\w*\}", "", text).strip(" :")  # not only what is put in
        and text not in INSIDE_OTHERS
        and not any(words in text for words in OF_PYTHON)
        and not any(entry in text for entry in known)
    ]
    assert missing == []
    assert len(told) > 60


def test_no_exception_of_the_list_is_one_that_nothing_raises():
    told = {text for _, text in texts()}
    assert set(INSIDE_OTHERS) <= told


def texts_of_the_sources() -> str:
    """All source text in one line, with literals that go over several lines put together."""
    folders = (*RUST, PYTHON)
    files = [file for folder in folders for file in folder.rglob("*.*")]
    text = "\n".join(file.read_text("utf-8") for file in files if file.suffix in (".rs", ".py"))
    text = re.sub(r"\\\n\s*", "", text)  # Rust: a backslash at the end of a line
    return re.sub(r"[\"']\n\s*f?[\"']", "", text)  # Python: one literal behind the other


def test_every_entry_is_a_text_of_the_sources():
    sources = texts_of_the_sources()
    missing = [text for text in entries() if text not in sources and text not in FROM_ELSEWHERE]
    assert missing == []
    assert len(entries()) > 60


def test_every_warning_has_an_entry():
    page = PAGE.read_text("utf-8")
    warned = page[page.index("\n## Warnings") : page.index("\n## SaveError")]
    event = (fences.ROOT / "crates/remade/src/event.rs").read_text("utf-8")
    kinds = set(re.findall(r"\bWarning::(\w+)", event))
    # One more is not the engine's to say: what came too late
    # to be configured.
    assert warned.count("\n### ") == len(kinds) + 1


@pytest.mark.parametrize("heading", re.findall(r"(?m)^### (.*)$", PAGE.read_text("utf-8")))
def test_every_entry_says_what_to_do(heading):
    page = PAGE.read_text("utf-8")
    entry = re.split(r"\n###? ", page[page.index(f"### {heading}\n") :])[0]
    advice = ("**What to do:**", "| what to ", "Call ", "Make ")
    assert any(words in entry for words in advice)
