"""A change behind a nested call makes the outer one stale, however the inner one was reached."""

import pytest

STEPS = """
    from remade import File, make
    from marks import mark

    SETTINGS = {"rate": 1}
    EXTRA = 0

    def helper(x):
        return x * 10

    @make(keep="all")
    def inner(x, file):
        mark("inner")
        with open(file) as opened:
            return [helper(x), SETTINGS["rate"], opened.read()]

    def plain(x, file):
        return inner(x, file)

    class Tool:
        @make(keep="all")
        def inner(self, x, file):
            mark("inner")
            with open(file) as opened:
                return [helper(x), SETTINGS["rate"], opened.read()]
"""

MAIN = """
    import steps
    from remade import File, make
    from marks import mark

    BY_NAME = {{"inner": steps.inner}}
    BOX = [steps.inner]

    def between(x, file):
        return steps.inner(x, file)

    @make(keep="all")
    def middle(x, file):
        mark("middle")
        return steps.inner(x, file)

    @make(keep="all")
    def outer(x, given=None):
        mark("outer")
        return {call}
"""

WAYS = {
    "by its module": 'steps.inner(x, File("data.txt"))',
    "by a plain function": 'between(x, File("data.txt"))',
    "by a plain function of its module": 'steps.plain(x, File("data.txt"))',
    "by a table": 'BY_NAME["inner"](x, File("data.txt"))',
    "by a list": 'BOX[0](x, File("data.txt"))',
    "by getattr": 'getattr(steps, "in" + "ner")(x, File("data.txt"))',
    "by globals": 'globals()["steps"].inner(x, File("data.txt"))',
    "by the modules": '__import__("sys").modules["steps"].inner(x, File("data.txt"))',
    "by eval": """eval("steps.inner(x, File('data.txt'))", globals(), {"x": x})""",
    "by map": 'list(map(steps.inner, [x], [File("data.txt")]))[0]',
    "as a method": 'steps.Tool().inner(x, File("data.txt"))',
    "as a method by getattr": 'getattr(steps.Tool(), "in" + "ner")(x, File("data.txt"))',
    "by another made function": 'middle(x, File("data.txt"))',
    "by a made one by getattr": 'globals()["mid" + "dle"](x, File("data.txt"))',
    "as an argument": 'given(x, File("data.txt"))',
}


@pytest.fixture
def lab(shop):
    def build(way):
        shop.write(steps=STEPS, main=MAIN.format(call=WAYS[way]))
        (shop.folder / "data.txt").write_text("one")
        given = ", steps.inner" if way == "as an argument" else ""
        return lambda: shop.call(f"outer(3{given})")

    return build


CHANGES = {
    "a file": lambda shop: (shop.folder / "data.txt").write_text("three"),
    "a setting": lambda shop: shop.edit("steps", '"rate": 1', '"rate": 2'),
    "a helper": lambda shop: shop.edit("steps", "return x * 10", "return x * 11"),
}
EXPECTED = {
    "a file": [30, 1, "three"],
    "a setting": [30, 2, "one"],
    "a helper": [33, 1, "one"],
}


@pytest.mark.parametrize("way", WAYS)
def test_every_change_inside_runs_the_outer(lab, shop, way):
    outer = lab(way)
    value, runs = outer()
    assert (value, runs[0], runs[-1]) == ([30, 1, "one"], "outer", "inner")
    assert outer() == (value, [])
    expected = list(value)
    for number, change in enumerate(("a helper", "a setting", "a file")):
        CHANGES[change](shop)
        position = (0, 1, 2)[number]
        expected[position] = EXPECTED[change][position]
        again, runs = outer()
        assert (again, runs[0], runs[-1]) == (expected, "outer", "inner"), change
        assert outer() == (expected, []), change


@pytest.mark.parametrize("way", WAYS)
def test_what_means_nothing_inside_runs_nothing(lab, shop, way):
    outer = lab(way)
    value, _ = outer()
    shop.edit("steps", "EXTRA = 0", "# a comment\n\nEXTRA = 0")
    assert outer() == (value, [])
    shop.edit("steps", "EXTRA = 0", "EXTRA = 1")
    # A module that is given away counts with all that it holds.
    assert outer() == (value, ["outer"] if way == "by getattr" else [])


def test_a_nested_result_that_was_reused_counts_as_one_that_ran(shop):
    shop.write(steps=STEPS, main=MAIN.format(call=WAYS["by getattr"]))
    (shop.folder / "data.txt").write_text("one")
    value, runs = shop.run(
        'import main, steps\nanswer = steps.inner(3, main.File("data.txt")), main.outer(3)'
    )
    assert (value, runs) == ([[30, 1, "one"]] * 2, ["inner", "outer"])
    (shop.folder / "data.txt").write_text("three")
    assert shop.call("outer(3)") == ([30, 1, "three"], ["outer", "inner"])


def test_a_setting_changed_inside_one_process_counts(shop):
    shop.write(steps=STEPS, main=MAIN.format(call=WAYS["by getattr"]))
    (shop.folder / "data.txt").write_text("one")
    script = """
        import main, steps
        answer = [main.outer(3), main.outer(3)]
        steps.SETTINGS["rate"] = 5
        answer += [main.outer(3), main.outer(3)]
        steps.helper = lambda x: -x
        answer += [main.outer(3), main.outer(3)]
    """
    values, runs = shop.run(script)
    assert [one[:2] for one in values] == [[30, 1], [30, 1], [30, 5], [30, 5], [-3, 5], [-3, 5]]
    assert runs == ["outer", "inner"] * 3
