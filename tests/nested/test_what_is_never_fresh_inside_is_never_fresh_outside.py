"""A nested call that could not be reused makes the outer one run every time."""

import pytest

MAIN = """
    import threading
    from remade import make
    from marks import mark

    @make()
    def consumes(items):
        mark("inner")
        return sum(items)

    @make()
    def changes(items):
        mark("inner")
        items.append(1)
        return len(items)

    @make()
    def unpicklable():
        mark("inner")
        return lambda: 1

    def with_box():
        box = [1]

        @make(name="boxed")
        def boxed():
            mark("inner")
            return box[0]

        return boxed

    boxed = with_box()

    def two():
        return [make(lambda: 1, name="twin"), make(lambda: 2, name="twin")]

    @make()
    def outer(name):
        mark("outer")
        if name == "consumes":
            return globals()[name](iter([1, 2]))
        if name == "changes":
            return globals()[name]([1, 2])
        if name == "unpicklable":
            return globals()[name]()()
        if name == "twins":
            one, other = globals()["two"]()
            return one() + other()
        return globals()[name]()

    @make()
    def outermost(name):
        mark("outermost")
        return globals()["outer"](name)
"""


@pytest.mark.parametrize(
    ("name", "value", "runs"),
    [
        ("consumes", 3, ["outer", "inner"]),
        ("changes", 3, ["outer", "inner"]),
        ("unpicklable", 1, ["outer", "inner"]),
        ("twins", 3, ["outer"]),
    ],
)
def test_the_outer_runs_every_time(shop, name, value, runs):
    shop.write(main=MAIN)
    for _ in range(2):
        assert shop.call(f"outer({name!r})") == (value, runs)
    assert shop.call(f"[outer({name!r}), outer({name!r})]") == ([value] * 2, runs * 2)
    for _ in range(2):
        assert shop.call(f"outermost({name!r})") == (value, ["outermost", *runs])


STORED = """
    from remade import make
    from marks import mark

    @make()
    def base(n):
        return n

    @make()
    def newest():
        mark("newest")
        return base.load()

    @make()
    def is_stored(n):
        mark("is_stored")
        return base.check_call_in_cache(n)

    @make()
    def is_fresh(n):
        mark("is_fresh")
        return base.explain(n).fresh

    @make()
    def stored():
        mark("stored")
        return base.cache_info().records

    @make()
    def counts_on(start):
        mark("counts_on")
        try:
            return counts_on.load() + 1
        except LookupError:
            return start
"""


def test_what_is_stored_just_now_is_an_input_that_no_record_names(shop):
    shop.write(main=STORED)
    names = ["newest", "is_stored", "is_fresh", "stored"]
    asked = "[base({}), newest(), is_stored(1), is_fresh(1), stored()]"
    assert shop.call(asked.format(1)) == ([1, 1, True, True, 1], names)
    assert shop.call(asked.format(2)) == ([2, 2, False, False, 1], names)
    assert shop.call("[stored(), base.clear(), stored()]") == ([1, None, 0], ["stored"] * 2)
    told = ["nested call without version: main.base.load()"]
    shop.call("base(2)")
    assert shop.call("list(map(str, newest.explain().reasons))") == (told, [])
    assert shop.call("[counts_on(5), counts_on(5)]") == ([5, 6], ["counts_on"] * 2)


def test_a_closure_inside_cannot_be_found_again(shop):
    shop.write(main=MAIN)
    script = """
        import main
        answer = [main.outer("boxed")]
        main.boxed.__wrapped__.__closure__[0].cell_contents[0] = 5
        answer += [main.outer("boxed")]
    """
    assert shop.run(script)[0] == [1, 5]
