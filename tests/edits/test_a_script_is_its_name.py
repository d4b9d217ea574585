"""A script's functions are named after its file, however it is started; another name is another
place in the store. A script that was renamed takes the records of its code with it.
"""

import pytest

SCRIPT = """
    from remade import make
    from marks import mark

    FACTOR = 2

    def helper(x):
        return x * FACTOR

    @make(keep="all")
    def f(x):
        mark("f")
        return helper(x)

    @make(keep="all")
    def g(y):
        mark("g")
        return y + 1

    if __name__ == "__main__":
        print(g(f(3)))
"""


def test_a_script_is_fresh_in_its_next_process(shop):
    shop.write(analysis=SCRIPT)
    assert shop.print("analysis") == ("7", ["f", "g"])
    assert shop.print("analysis") == ("7", [])


def test_a_script_and_its_import_are_one(shop):
    shop.write(analysis=SCRIPT)
    assert shop.print("analysis") == ("7", ["f", "g"])
    assert shop.call("g(f(3))", "analysis") == (7, [])
    shop.edit("analysis", "FACTOR = 2", "FACTOR = 4")
    assert shop.call("g(f(3))", "analysis") == (13, ["f", "g"])
    assert shop.print("analysis") == ("13", [])


def rename(shop, old, new):
    (shop.folder / f"{old}.py").rename(shop.folder / f"{new}.py")


def test_a_renamed_script_runs_nothing(shop):
    shop.write(analysis=SCRIPT)
    assert shop.print("analysis") == ("7", ["f", "g"])
    for old, new in [("analysis", "study"), ("study", "trial"), ("trial", "analysis")]:
        rename(shop, old, new)
        assert shop.print(new) == ("7", [])
        assert shop.print(new) == ("7", [])


def test_a_renamed_script_that_was_edited_runs_what_was_edited(shop):
    shop.write(analysis=SCRIPT)
    shop.print("analysis")
    rename(shop, "analysis", "study")
    shop.edit("study", "FACTOR = 2", "FACTOR = 4")
    assert shop.print("study") == ("13", ["f", "g"])
    assert shop.print("study") == ("13", [])


def test_a_copy_of_a_script_that_is_still_there_starts_anew(shop):
    """Which of two scripts a result belongs to is not guessed."""
    shop.write(analysis=SCRIPT, study=SCRIPT)
    assert shop.print("analysis") == ("7", ["f", "g"])
    assert shop.print("study") == ("7", ["f", "g"])
    assert shop.print("analysis") == ("7", [])


@pytest.mark.parametrize("setting", ["[2]", "{'a': 2}"])
def test_settings_and_nested_calls_come_along(shop, setting):
    script = SCRIPT.replace("FACTOR = 2", f"FACTOR = {setting}").replace(
        "x * FACTOR", "x * list(FACTOR)[0] if isinstance(FACTOR, list) else x * FACTOR['a']"
    )
    script += """
    @make
    def outer(x):
        mark("outer")
        return g(f(x))

    if __name__ == "__main__":
        print(outer(3))
    """
    shop.write(analysis=script)
    assert shop.print("analysis") == ("7\n7", ["f", "g", "outer"])
    rename(shop, "analysis", "study")
    assert shop.print("study") == ("7\n7", [])


def test_a_renamed_script_keeps_the_versions_of_its_functions(shop):
    """Its code has the same fingerprint: only the place is another."""
    shop.write(analysis=SCRIPT)
    ask = "from remade import _remade; import runpy; answer = _remade._fingerprint("
    ask += "runpy.run_path({!r}, run_name='__main__')['f'].__wrapped__)['fingerprint']"
    before, _ = shop.run(ask.format("analysis.py"))
    (shop.folder / "analysis.py").rename(shop.folder / "study.py")
    after, _ = shop.run(ask.format("study.py"))
    assert before == after


def test_a_moved_project_is_fresh(shop, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    for name in ("marks.py",):
        (project / name).write_text((shop.folder / name).read_text())
    shop.folder = project
    shop.write(analysis=SCRIPT)
    assert shop.print("analysis") == ("7", ["f", "g"])
    shop.folder = project.rename(tmp_path / "moved")
    assert shop.print("analysis") == ("7", [])
