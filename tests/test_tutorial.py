"""The tutorial shows the example as it is."""

from __future__ import annotations

import pytest

import fences

EXAMPLE = (fences.ROOT / "examples" / "brain.py").read_text("utf-8")
BLOCKS = fences.of_language(fences.ROOT / "docs" / "tutorial.md", "python")


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0].strip())
def test_each_block_of_the_tutorial_stands_in_the_example(block):
    assert block in EXAMPLE
