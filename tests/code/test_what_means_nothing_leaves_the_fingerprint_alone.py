"""Every edit here leaves the meaning as it was."""

import pytest

MAIN = '''
import remade
from remade import NumpyFile, make as construct
import functools

make_here = functools.partial(construct, cachedir="there")

def helper(x):
    """What a helper does."""
    return x + 1

@make_here(output=NumpyFile("here.npy"))
def f(x: int, y: float = 2.0) -> list:
    """What it does."""
    def nested(q: int) -> int:
        "nested"
        return helper(q)
    return [nested(x), y, "a" "b", f"{x}: {y!r}"]
'''

EDITS = {
    "a comment": ("return [", "# why\n    return ["),
    "its docstring": ("What it does.", "Something else."),
    "no docstring": ('"""What it does."""', ""),
    "a helper's docstring": ("What a helper does.", ""),
    "the docstring of a nested function": ('"nested"', '"other"'),
    "layout": ("[nested(x), y,", "[\n        nested( x ),\n        y,"),
    "moved lines": ("\ndef helper", "\n\n\nUNUSED = 3\n\n\ndef helper"),
    "annotations": ("x: int, y: float = 2.0) -> list", "x, y=2.0)"),
    "annotations inside": ("q: int) -> int", "q: str)"),
    "make's own arguments": ('NumpyFile("here.npy")', 'NumpyFile("there.npy"), debug=True'),
    "make by its full name": ('@make_here(output=NumpyFile("here.npy"))', "@remade.make"),
    "make by another name": ('@make_here(output=NumpyFile("here.npy"))', "@construct"),
    "quotes": ('"a" "b"', "'ab'"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_does_not_change_it(lab, edit):
    lab.write(main=MAIN)
    before = lab.ask()
    old, new = EDITS[edit]
    assert old in MAIN
    lab.write(main=MAIN.replace(old, new, 1))
    assert before["fingerprint"] == lab.ask()["fingerprint"]


def test_a_renamed_file_does_not_change_it(lab):
    lab.write(
        main="from one import f", one="def f(x):\n    class A:\n        y = 3\n    return A, x\n"
    )
    before = lab.fingerprint()
    lab.write(
        main="from two import f", two="def f(x):\n    class A:\n        y = 3\n    return A, x\n"
    )
    assert before == lab.fingerprint()


def test_annotations_count_where_a_decorator_can_see_them(lab):
    text = "def convert(g):\n    return g\n\n@convert\ndef f(x: int):\n    return x\n"
    lab.write(main=text)
    before = lab.fingerprint()
    lab.write(main=text.replace("x: int", "x: str"))
    assert before != lab.fingerprint()


def test_annotations_count_in_classes(lab):
    text = "class A:\n    x: int = 3\n\ndef f():\n    return A()\n"
    lab.write(main=text)
    before = lab.fingerprint()
    lab.write(main=text.replace("x: int", "x: str"))
    assert before != lab.fingerprint()


@pytest.mark.parametrize("line", ["import colorsys", "from colorsys import hsv_to_rgb"])
def test_whether_a_library_was_imported_before_does_not_change_it(lab, line):
    text = f"def f():\n    {line}\n    return colorsys\n"
    lab.write(main=text)
    before = lab.fingerprint()
    lab.write(main="import colorsys as somewhere_else\n" + text)
    assert before == lab.fingerprint()
