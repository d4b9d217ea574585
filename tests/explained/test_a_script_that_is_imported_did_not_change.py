"""A script that ran, and is imported afterwards: its functions have other names and the same code."""

import ast

import pytest

LAB = """
    from remade import make

    FACTOR = 2

    class Scale:
        def of(self, x):
            return x * FACTOR

    def helper(x):
        return Scale().of(x)

    @make
    def f(x):
        return helper(x) + 1

    if __name__ == "__main__":
        print(f(3))
"""

WHY = """
import lab
whys = [lab.f.explain(x) for x in (3, 4)]
answer = [
    [[reason.kind for reason in why.reasons] for why in whys],
    [[[one.name, one.diff.splitlines()[2:]] for one in why.changes] for why in whys],
    [str(why) for why in whys],
]
"""


@pytest.fixture
def lab(shop):
    shop.write(lab=LAB)
    assert shop.print("lab") == ("7", [])
    return shop


def test_what_is_fresh_shows_no_change_of_code(lab):
    (kinds, changes, texts), _ = lab.run(WHY)
    assert kinds == [[], ["argument_changed"]]
    assert changes == [[], []]
    assert not any("---" in text for text in texts)


def test_an_edit_shows_as_an_edit(lab):
    lab.edit("lab", "return Scale().of(x)", "return Scale().of(-x)")
    (kinds, changes, _), _ = lab.run(WHY)
    assert kinds == [["code_changed"], ["code_changed", "argument_changed"]]
    for one in changes:
        ((name, diff),) = one
        assert name == "lab.helper"
        assert "-    return Scale().of(x)" in diff
        assert "+    return Scale().of(-x)" in diff


def test_what_went_and_what_came_are_told(lab):
    lab.edit("lab", "return helper(x) + 1", "return other(x) + 1")
    lab.edit("lab", "def helper(x):", "def other(x):")
    (_, (changes, _), (text, _)), _ = lab.run(WHY)
    assert {name for name, _ in changes} == {"lab.f", "lab.other", "helper"}
    assert "code changed" in text


def test_a_method_that_came_is_not_the_function_of_its_name(shop):
    script = """
        from remade import make

        def of(x):
            return 2 * x

        {scale}
        @make
        def f(x):
            return {call}(x)

        if __name__ == "__main__":
            print([str(f.explain(3)), [one.name for one in f.explain(3).changes]])
            f(3)
        """
    scale = """
        class Scale:
            @staticmethod
            def of(x):
                return 2 * x
    """
    shop.write(lab=script.format(scale="", call="of"))
    shop.print("lab")
    shop.write(lab=script.format(scale=scale.strip() + "\n", call="Scale.of"))
    text, names = ast.literal_eval(shop.print("lab")[0])
    assert "code changed" in text
    assert {"f", "of", "Scale"} <= set(names), names
