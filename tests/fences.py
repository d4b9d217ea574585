"""The code blocks of a Markdown page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent


class Block(NamedTuple):
    """One fenced block: what its fence says it is, its text, and the line where that begins."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """Every block of the page, in order."""
    text = page.read_text("utf-8")
    found = re.finditer(r"^```(\S*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(m[1], m[2], text.count("\n", 0, m.start(2)) + 1) for m in found]


def of_language(page: Path, language: str) -> list[str]:
    """The text of every block in that language, in order."""
    return [block.text for block in blocks(page) if block.language == language]
