"""A script's functions are named after its file, however it is started; another name is another
place in the store.

DESIGN.md names a function of a script by the script. A renamed script has no records under its new
name, so each function runs once more, and then is fresh under both names. What a script shares with
others belongs into a module, whose name does not change.
"""

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


def test_a_renamed_script_runs_once_under_its_new_name(shop):
    shop.write(analysis=SCRIPT)
    assert shop.print("analysis") == ("7", ["f", "g"])
    (shop.folder / "analysis.py").rename(shop.folder / "study.py")
    assert shop.print("study") == ("7", ["f", "g"])
    assert shop.print("study") == ("7", [])
    (shop.folder / "study.py").rename(shop.folder / "analysis.py")
    assert shop.print("analysis") == ("7", [])


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
