"""A nested call may keep its results in the store of another project, where paths mean other files."""

import pytest

MAIN = """
    import sys
    from remade import File, make
    from marks import mark

    @make(cachedir="there/cache", keep="all")
    def inner(file):
        mark("inner")
        with open(file) as opened:
            return opened.read()

    @make(cachedir="there/cache", keep="all")
    def middle(file):
        mark("middle")
        return inner(file)

    @make(cachedir="here/cache")
    def outer(name):
        mark("outer")
        return {called}(File(name))
"""


@pytest.mark.parametrize("called", ["inner", "middle"])
def test_a_changed_file_runs_the_outer_though_both_projects_have_one_of_that_name(shop, called):
    for project in ("here", "there"):
        (shop.folder / project).mkdir()
        (shop.folder / project / "data.txt").write_text("one")
    shop.write(main=MAIN.format(called=called))
    call = "outer('there/data.txt')"
    runs = ["outer", "inner"] if called == "inner" else ["outer", "middle", "inner"]
    assert shop.call(call) == ("one", runs)
    assert shop.call(call) == ("one", [])
    (shop.folder / "here/data.txt").write_text("two")
    assert shop.call(call) == ("one", [])
    (shop.folder / "there/data.txt").write_text("three")
    assert shop.call(call) == ("three", runs)
    assert shop.call(call) == ("three", [])


def test_a_file_that_changes_during_the_run_is_seen_by_the_next_call(shop):
    for project in ("here", "there"):
        (shop.folder / project).mkdir()
    (shop.folder / "there/data.txt").write_text("one")
    shop.write(
        main="""
        from remade import File, make
        from marks import mark

        @make(cachedir="there/cache", keep="all")
        def inner(file):
            mark("inner")
            with open(file) as opened:
                text = opened.read()
            with open(file, "w") as opened:
                opened.write("changed")
            return text

        @make(cachedir="here/cache")
        def outer():
            mark("outer")
            return inner(File("there/data.txt"))
        """
    )
    assert shop.call("outer()") == ("one", ["outer", "inner"])
    assert shop.call("outer()") == ("changed", ["outer", "inner"])
    # The file is as it was read: now nothing changes it any more.
    assert shop.call("outer()") == ("changed", [])
