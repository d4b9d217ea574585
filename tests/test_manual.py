"""The manual's examples do what it says: each page is run from top to bottom.

The `python` blocks of a page share one namespace and one empty folder. What one prints stands in
the `text` block right behind it; without one, it prints nothing. Warnings are printed as
`RemadeWarning: ...`, and an exception that ends a block as `TypeError: ...`. `...` stands for what
differs from run to run, `/project` for the folder; how lines are broken does not matter.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import sys
import types
import warnings
from pathlib import Path

import pytest

import fences

DOCS = fences.ROOT / "docs"
# The tutorial shows pieces of examples/brain.py: see test_tutorial.py.
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if page.name != "tutorial.md"]
# What a page shows beside remade, where it is more than numpy.
NEEDS = {"migration.md": "joblib"}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run(code: types.CodeType, namespace: dict[str, object], folder: Path) -> str:
    """What a block prints."""
    printed = io.StringIO()

    def show(message, category, *_, **__):
        printed.write(f"{category.__name__}: {message}\n")

    with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        warnings.showwarning = show
        try:
            exec(code, namespace)
        except Exception as error:  # noqa: BLE001, it is compared
            printed.write(f"{type(error).__name__}: {error}\n")
    return printed.getvalue().replace(str(folder), "/project")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_each_page_of_the_manual_does_what_it_says(page, tmp_path, monkeypatch):
    if page.name in NEEDS:
        pytest.importorskip(NEEDS[page.name])
    blocks = fences.blocks(page)
    folder = tmp_path.resolve()
    monkeypatch.chdir(folder)
    module = types.ModuleType("manual")
    module.__file__ = str(folder / "manual.py")
    monkeypatch.setitem(sys.modules, "manual", module)
    monkeypatch.syspath_prepend(str(folder))
    for index, block in enumerate(blocks):
        if block.language != "python":
            continue
        behind = blocks[index + 1 : index + 2]
        expected = behind[0].text if behind and behind[0].language == "text" else ""
        # As in a notebook: each block has a source of its own.
        file = tmp_path.parent / f"{tmp_path.name}-cells" / f"{page.stem}-{block.line}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.text, "utf-8")
        printed = run(compile(block.text, str(file), "exec"), vars(module), folder)
        if not doctest.OutputChecker().check_output(expected, printed, FLAGS):
            pytest.fail(f"{page}:{block.line}\nexpected:\n{expected}\nprinted:\n{printed}")


def test_every_page_is_in_the_table_of_contents():
    contents = (fences.ROOT / "mkdocs.yml").read_text("utf-8")
    missing = [str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")]
    missing = [name for name in missing if f" {name}\n" not in contents]
    assert missing == []


def test_every_language_of_a_fence_is_known():
    """A block in a language of another name would not be run, and nobody would see it."""
    found = {block.language for page in PAGES for block in fences.blocks(page)}
    assert found <= {"python", "text", "json", "rust"}


def test_every_piece_of_rust_stands_in_an_example():
    """The examples are compiled and run by the tests of the crate."""
    folder = fences.ROOT / "crates/remade/examples"
    examples = [path.read_text("utf-8") for path in folder.glob("*.rs")]
    pages = [*PAGES, fences.ROOT / "README.md"]
    shown = [block for page in pages for block in fences.blocks(page) if block.language == "rust"]
    # Attributes stand where they belong; what is imported for other pieces may stand beside.
    pieces = [piece for block in shown for piece in block.text.strip("\n").split("\n\n")]
    assert [one for one in pieces if not any(one in text for text in examples)] == []
    assert len(shown) >= 3


def test_every_field_of_a_record_is_described():
    page = (DOCS / "format.md").read_text("utf-8")
    sources = (fences.ROOT / "crates/remade/src/record.rs").read_text("utf-8")
    fields = set(re.findall(r"^    pub (\w+): ", sources, re.MULTILINE))
    fields.add("digest")
    missing = [field for field in sorted(fields) if f"`{field}`" not in page]
    assert len(fields) > 30
    assert missing == []


def test_the_architecture_names_every_source_file():
    page = (fences.ROOT / "ARCHITECTURE.md").read_text("utf-8")
    for part in page.split("\n### `")[1:]:
        folder = fences.ROOT / part.partition("`")[0]
        named = re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)
        found = [file for file in folder.rglob("*") if file.suffix in (".rs", ".py", ".pyi")]
        there = sorted(file.relative_to(folder).as_posix() for file in found)
        assert sorted(named) == there
    assert page.count("\n### `") == 4
