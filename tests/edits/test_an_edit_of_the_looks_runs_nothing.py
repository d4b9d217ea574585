"""What changes nothing in the meaning runs nothing, in any number of new processes."""

import pytest

import steps

EDITS = {
    "comment": ("main", "# a comment", "# another comment\n    # of two lines"),
    "docstring": ("main", '"""Steps on."""', '"""Steps on, and on."""'),
    "no docstring": ("main", '    """Steps on."""\n', ""),
    "docstring of a helper": ("helpers", '"""Twice."""', '"""Two times."""'),
    "docstring of a module": ("helpers", '"""Helpers."""', '"""Small helpers."""'),
    "comment in a class": ("main", "    scale = 2", "    # how much\n    scale = 2"),
    "layout": ("main", "doubled * FACTOR", "(\n        doubled\n        *   FACTOR\n    )"),
    "quotes": ("main", 'mark("f")', "mark('f')"),
    "trailing comma": ("main", "helpers.double(x)", "helpers.double(\n        x,\n    )"),
    "annotation of a helper": ("helpers", "x: int) -> int", "x: float) -> float"),
    "no annotation": ("helpers", "(x: int) -> int", "(x)"),
    "another way to write a number": ("main", "bias=1000", "bias=1_000"),
    "moved down": ("main", "FACTOR = 3", "\n\n\nFACTOR = 3"),
    "unrelated function": ("main", 'return "unrelated"', 'return "something else"'),
    "unrelated function of a helper's module": ("helpers", "deeper.other() + 1", "2"),
    "unrelated function further down": ("deeper", "return 0", "return 1"),
    "unused global": ("main", "UNUSED = 1", "UNUSED = 2"),
    "new function": ("main", "def unrelated", "def new():\n    return 1\n\n\ndef unrelated"),
    "made function beside it": ("main", "return -y", "return +y"),
    "function above it": ("helpers", "import deeper\n", "import deeper\n\ndef first(): pass\n"),
    "import that is not used": ("main", "import helpers", "import json\nimport helpers"),
    "table entry by another layout": ("deeper", "{2: 2, 3: 3}", "{\n    2: 2,\n    3: 3,\n}"),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_nothing_runs(shop, edit):
    steps.write(shop)
    value, runs = shop.call("f(5)")
    assert runs == ["f"]
    shop.edit(*EDITS[edit])
    assert shop.call("f(5)") == (value, [])


def test_a_class_of_an_argument_may_change_its_looks(shop):
    steps.write(shop)
    assert shop.call("g(Plain(7), 5)") == (35, ["g"])
    shop.edit("main", "class Plain:", 'class Plain:\n    """How heavy."""\n')
    assert shop.call("g(Plain(7), 5)") == (35, [])


def test_all_at_once(shop):
    steps.write(shop)
    value, runs = shop.call("f(5)")
    for edit in ("comment", "docstring", "moved down", "unrelated function", "unused global"):
        shop.edit(*EDITS[edit])
    assert (shop.call("f(5)"), runs) == ((value, []), ["f"])
