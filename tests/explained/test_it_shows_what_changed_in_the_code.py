"""Edits of files, between processes: which function, with file and line, the lines and the names."""

import pytest

import steps

WHY = """
import main
why = main.f.explain(5)
answer = [
    [reason.kind for reason in why.reasons],
    [[one.name, one.file, one.line, one.diff.splitlines()[2:], one.names] for one in why.changes],
    str(why),
]
"""


@pytest.fixture
def lab(shop):
    steps.write(shop)
    shop.edit("main", "@make()\n@logged(level=1)\n", "@make()\n")
    shop.call("f(5)")
    return shop


def explained(lab):
    (kinds, changes, text), runs = lab.run(WHY)
    assert runs == []
    assert lab.call("f.check_call_in_cache(5)") == (kinds == [], [])
    return kinds, changes, text


def line_of(lab, module, text):
    lines = (lab.folder / f"{module}.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_its_own_body(lab):
    lab.edit("main", "+ bias + plus(x)", "+ bias - plus(x)")
    kinds, ((name, file, line, diff, names),), text = explained(lab)
    assert kinds == ["code_changed"]
    assert (name, file, line) == ("main.f", "main.py", line_of(lab, "main", "def f(") - 1)
    changed = line_of(lab, "main", "- plus(x)")
    assert diff[0].startswith(f"@@ -{changed - 3},4 +{changed - 3},4")
    assert "-    return Model().fit(doubled * FACTOR) + bias + plus(x)" in diff
    assert "+    return Model().fit(doubled * FACTOR) + bias - plus(x)" in diff
    assert names == {}
    assert "code changed: main.f" in text
    assert all(one in text for one in diff)


def test_a_helper_of_a_helper(lab):
    lab.edit("deeper", "return x * TABLE[times]", "return x * TABLE[times] + 1")
    kinds, ((name, file, _, diff, _),), _ = explained(lab)
    assert (kinds, name, file) == (["code_changed"], "deeper.multiply", "deeper.py")
    assert "+    return x * TABLE[times] + 1" in diff


def test_a_constant_and_a_default_by_their_names(lab):
    lab.edit("main", "FACTOR = 3", "FACTOR = 4")
    lab.edit("main", "bias=1000", "bias=2000")
    _, changes, text = explained(lab)
    names = {key: value for change in changes for key, value in change[4].items()}
    assert names == {"FACTOR": ["3", "4"], "=bias": ["1000", "2000"]}
    assert "FACTOR: from 3 to 4" in text


def test_a_class_by_its_attributes(lab):
    lab.edit("main", "scale = 2", "scale = 5")
    _, ((name, _, _, _, names),), _ = explained(lab)
    assert (name, names) == ("main.Model", {"scale": ["2", "5"]})


def test_a_setting_that_is_mutable_is_no_code(lab):
    lab.edit("deeper", "TABLE = {2: 2,", "TABLE = {2: 5,")
    kinds, changes, text = explained(lab)
    assert (kinds, changes) == (["implicit_changed"], [])
    assert "deeper.TABLE changed: from {2: 2, 3: 3} to {2: 5, 3: 3}" in text


@pytest.mark.parametrize("edit", ["comment", "layout"])
def test_looks_are_no_reason(lab, edit):
    old, new = {"comment": ("# a comment", "# another"), "layout": ("FACTOR = 3", "FACTOR = (3)")}[
        edit
    ]
    lab.edit("main", old, new)
    kinds, changes, text = explained(lab)
    assert (kinds, changes) == ([], [])
    assert text.startswith("main.f: fresh")


def test_what_is_covered_and_what_is_not(lab):
    lab.edit("main", "import helpers", "import helpers\nimport numpy as np")
    lab.edit("main", "+ bias + plus(x)", "+ bias + plus(x) + eval('0') + int(np.sum(0))")
    answer, _ = lab.run("""
import main
why = main.f.explain(5)
answer = [[one.name for one in why.covers], why.packages, why.implicit, why.not_followed]
""")
    covers, packages, implicit, not_followed = answer
    assert covers[0] == "main.f"
    assert {"helpers.double", "deeper.multiply", "main.Model", "main.Base.shift"} <= set(covers)
    assert list(packages) == ["numpy"]
    assert implicit == {"deeper.TABLE": "{2: 2, 3: 3}"}
    assert any("eval()" in sentence for sentence in not_followed)


def test_a_notebook_shows_it(lab):
    lab.edit("main", "doubled * FACTOR", "doubled < FACTOR")
    html, _ = lab.run("import main\nanswer = main.f.explain(5)._repr_html_()")
    assert "<li>code changed: main.f</li>" in html
    assert "doubled &lt; FACTOR" in html
    assert "doubled < FACTOR" not in html
