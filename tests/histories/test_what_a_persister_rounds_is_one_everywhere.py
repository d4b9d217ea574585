"""A persister that rounds gives one version: in the run, after loading, and in another process."""

import pytest

MAIN = """
    import numpy as np
    from remade import Persister, make
    from marks import mark

    class Single(Persister):
        extension = ".npy"

        def save(self, value):
            with open(self.filename, "wb") as file:
                np.save(file, value.astype("f4"))

        def load(self):
            return np.load(self.filename).astype("f8")

    @make(output=Single)
    def thirds(n):
        mark("thirds")
        return np.arange(n) / 3

    @make(keep="all", unknown={unknown!r})
    def total(a):
        mark("total")
        return float(a.sum())

    @make()
    def same(a):
        mark("same")
        return a
"""


@pytest.mark.parametrize("unknown", ["content", "rerun"])
def test_the_chain_is_the_same_in_the_run_and_after_loading(shop, unknown):
    shop.write(main=MAIN.format(unknown=unknown))
    first, runs = shop.call("total(thirds(7))")
    assert runs == ["thirds", "total"]
    assert shop.call("total(thirds(7))") == (first, [])
    assert shop.call("[total(thirds(7)), total(thirds(7))]") == ([first, first], [])


def test_a_view_is_one_too(shop):
    shop.write(main=MAIN.format(unknown="rerun"))
    first, runs = shop.call("total(thirds(7)[::-2])")
    assert runs == ["thirds", "total"]
    assert shop.call("total(thirds(7)[::-2])") == (first, [])


def test_what_is_passed_on_unchanged_keeps_its_version(shop):
    shop.write(main=MAIN.format(unknown="content"))
    script = """
        import main
        a = main.thirds(7)
        answer = [main.total(a)]
        b = main.same(a)
        answer += [main.total(b), main.total(a)]
    """
    value, runs = shop.run(script)
    assert runs == ["thirds", "total", "same"]
    assert value[0] == value[1] == value[2]


def test_it_is_equal_to_no_plain_content(shop):
    shop.write(main=MAIN.format(unknown="content"))
    value, runs = shop.run(
        """
        import main, numpy as np
        a = main.thirds(7)
        answer = [main.total(a), main.total(np.arange(7) / 3)]
        answer += [main.total(np.array(main.thirds(7)))]
        """
    )
    assert runs == ["thirds", "total", "total", "total"]
    assert value[0] == value[1] != value[2]


def test_a_history_that_ends_goes_on_by_what_is_there(shop):
    shop.write(main=MAIN.format(unknown="content"))
    script = """
        import main
        a = main.thirds(7)
        a[0] = 100
        answer = main.total(a)
    """
    value, runs = shop.run(script)
    assert (round(value), runs) == (107, ["thirds", "total"])
    again, runs = shop.run(script)  # what is loaded is rounded, and so another content
    assert (round(again), runs) == (107, ["total"])


def test_one_that_keeps_its_values_elsewhere_is_one_too(shop):
    shop.write(
        main="""
            import json, os
            from remade import Persister, make
            from marks import mark

            class Table(Persister):
                def __init__(self, key):
                    self.key = key

                def save(self, value):
                    with open("table-" + self.key, "w") as file:
                        json.dump(value, file)

                def load(self):
                    with open("table-" + self.key) as file:
                        return json.load(file)

            @make(output=Table("f"))
            def f(x):
                mark("f")
                return [x, x]

            @make()
            def g(pair):
                mark("g")
                return sum(pair)
        """
    )
    assert shop.call("g(f(3))") == (6, ["f", "g"])
    assert shop.call("g(f(3))") == (6, [])
    assert shop.call("g(f(4))") == (8, ["f", "g"])
