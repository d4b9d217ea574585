"""Memory that a run changed loses its history, however the run came by it."""

import threading

import numpy as np
import pytest

from remade import make

pytestmark = pytest.mark.filterwarnings("ignore::remade.RemadeWarning")


@pytest.fixture
def count(cachedir):
    @make(cachedir=cachedir, keep="all")
    def count(n):
        return np.arange(n)

    return count


@pytest.fixture
def total(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def total(a):
        mark("total")
        return int(a.sum())

    return total


CHANGES = {
    "an argument": lambda change, a: change(a),
    "a view of it": lambda change, a: change(a[1:]),
    "a view backwards": lambda change, a: change(a[::-1]),
    "an item of a list": lambda change, a: change([[a]]),
    "a value of a dict": lambda change, a: change({"a": a}),
    "beside what has no version": lambda change, a: change([threading.Lock(), a]),
    "an attribute": lambda change, a: change(Holder(a)),
    "in an array of objects": lambda change, a: change(boxed(a)),
}


class Holder:
    def __init__(self, array):
        self.array = array


def boxed(a):
    box = np.empty(1, object)
    box[0] = a
    return box


def innermost(given):
    while True:
        if isinstance(given, Holder):
            given = given.array
        elif isinstance(given, dict):
            given = given["a"]
        elif isinstance(given, list) or given.dtype == object:
            given = given[-1]
        else:
            return given


@pytest.mark.parametrize("way", CHANGES)
def test_a_change_is_seen_by_the_next_function(way, count, total, cachedir, marks):
    @make(cachedir=cachedir)
    def change(given):
        innermost(given)[-1] += 100

    a = count(5)
    whole, part = a[:], a[3:]
    assert (total(a), total(whole), total(part)) == (10, 10, 7)
    CHANGES[way](change, a)
    changed = int(a.sum())
    assert changed == 110
    assert marks.of(total, a) == (changed, ["total"])
    assert marks.of(total, whole) == (changed, [])
    assert marks.of(total, part)[0] == int(part.sum())


def test_a_change_of_an_ignored_argument_is_seen(count, total, cachedir):
    @make(cachedir=cachedir, ignore=("out",))
    def fill(x, out):
        out[:] = x
        return x

    a = count(5)
    assert total(a) == 10
    fill(2, a)
    assert total(a) == 10  # five times two: the same sum of another array
    assert total(a[:1]) == 2


def test_a_change_of_a_global_array_is_seen(shop):
    shop.write(
        main="""
            import numpy as np
            from remade import make
            from marks import mark

            @make()
            def count(n):
                return np.arange(n)

            @make()
            def total(a):
                mark("total")
                return int(a.sum())

            BUFFER = count(5)
            OTHER = BUFFER

            @make()
            def bump(rebind):
                global BUFFER
                BUFFER += 1
                if rebind:
                    BUFFER = None
        """
    )
    script = "import main\nanswer = [main.total(main.BUFFER)]\nmain.bump({})\n"
    script += "answer.append(main.total(main.OTHER))"
    assert shop.run(script.format(False)) == ([10, 15], ["total", "total"])
    assert shop.run(script.format(True)) == ([10, 15], ["total", "total"])


def test_a_change_by_a_nested_call_is_seen(count, total, cachedir, marks):
    @make(cachedir=cachedir)
    def inner(a):
        a += 1
        return a

    @make(cachedir=cachedir)
    def outer(a):
        return inner(a).sum()

    a = count(5)
    assert total(a) == 10
    outer(a)
    assert marks.of(total, a) == (15, ["total"])


def test_an_object_that_a_run_changed_is_seen(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def build():
        return Holder([1, 2])

    @make(cachedir=cachedir)
    def total(holder):
        mark("total")
        return sum(holder.array)

    @make(cachedir=cachedir)
    def extend(holder):
        holder.array.append(3)

    holder = build()
    assert marks.of(total, holder) == (3, ["total"])
    extend(holder)
    assert marks.of(total, holder) == (6, ["total"])
