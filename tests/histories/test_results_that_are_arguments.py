"""What a function gives back of what it was given: unchanged, changed, or changed and kept back."""

import numpy as np
import pytest

from remade import NumpyFile, make
from workshop import told


@pytest.fixture
def count(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def count(n):
        mark("count")
        return np.arange(n, dtype=float)

    return count


@pytest.fixture
def total(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, unknown="rerun", keep="all")
    def total(a):
        mark("total")
        return float(a.sum())

    return total


def test_an_argument_returned_unchanged_keeps_its_version(count, total, cachedir, marks):
    @make(cachedir=cachedir)
    def same(a):
        return a

    a = count(5)
    assert marks.of(total, a) == (10.0, ["total"])
    b = same(a)
    assert b is a
    assert marks.of(total, b) == (10.0, [])
    loaded = same(count(5))
    assert loaded is not a
    assert marks.of(total, loaded) == (10.0, [])
    assert marks.of(total, a) == (10.0, [])


def test_a_part_returned_unchanged_keeps_its_version(count, total, cachedir, marks):
    @make(cachedir=cachedir)
    def halves(a):
        return a[:3], a[3:]

    a = count(6)
    assert marks.of(total, a) == (15.0, ["total"])
    left, right = halves(a)
    assert (total(left), total(right)) == (3.0, 12.0)
    left, right = halves(count(6))
    assert marks.of(lambda: (total(left), total(right))) == ((3.0, 12.0), [])
    assert marks.of(total, a) == (15.0, [])


def test_changed_and_returned_is_reused_and_leaves_the_caller_alone(count, cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def doubled(a):
        mark("doubled")
        a *= 2
        return a

    a = count(4)
    b, runs = marks.of(doubled, a)
    assert (b is a, b.tolist(), runs) == (True, [0, 2, 4, 6], ["doubled"])
    fresh = count(4)
    b, runs = marks.of(doubled, fresh)
    assert (b.tolist(), fresh.tolist(), runs) == ([0, 2, 4, 6], [0, 1, 2, 3], [])
    b, runs = marks.of(doubled, a)  # it was changed by the run: another argument by now
    assert (b.tolist(), runs) == ([0, 4, 8, 12], ["doubled"])


def test_changed_and_kept_back_is_never_fresh_and_warns(count, cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def doubled(a):
        mark("doubled")
        a *= 2
        return float(a.sum())

    (value, warnings), runs = marks.of(told, doubled, count(4))
    assert (value, runs, len(warnings)) == (12.0, ["doubled"], 1)
    assert "changed its argument a" in warnings[0]
    for _ in range(2):
        a = count(4)
        assert marks.of(doubled, a) == (12.0, ["doubled"])
        assert a.tolist() == [0, 2, 4, 6]


@pytest.mark.parametrize("given", [[1, 2], {"a": 1}, {3}, bytearray(b"ab")])
def test_a_changed_container_is_never_fresh(given, cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def emptied(x):
        mark("emptied")
        size = len(x)
        x.clear()
        return size

    import copy

    for _ in range(2):
        mine = copy.copy(given)
        (value, _), runs = marks.of(told, emptied, mine)
        assert (value, runs, len(mine)) == (len(given), ["emptied"], 0)


def test_only_a_view_of_what_changed_is_returned(count, cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def first(a):
        mark("first")
        a += 1
        return a[:1]

    for _ in range(2):
        a = count(3)
        (value, _), runs = marks.of(told, first, a)
        assert (value.tolist(), a.tolist(), runs) == ([1], [1, 2, 3], ["first"])


def test_one_object_as_two_arguments_is_another_call_where_the_run_changes_it(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def add(a, b):
        mark("add")
        a += 1
        return a, float(b.sum())

    def ones():
        return np.ones(3)

    assert marks.of(add, ones(), ones())[1] == ["add"]
    value, runs = marks.of(add, ones(), ones())
    assert (value[0].tolist(), value[1], runs) == ([2, 2, 2], 3.0, [])
    both = ones()
    (value, _), runs = marks.of(told, add, both, both)
    assert (value[0].tolist(), value[1], runs) == ([2, 2, 2], 6.0, ["add"])
    (value, _), runs = marks.of(told, add, ones(), ones())
    assert (value[0].tolist(), value[1]) == ([2, 2, 2], 3.0)


def test_views_of_one_array_as_two_arguments_are_told_apart(cachedir):
    @make(cachedir=cachedir, keep="all")
    def add(a, b):
        a += 1
        return a, b.tolist()

    def plain(a, b):
        a += 1
        return a, b.tolist()

    for function in (plain, add, add):
        memory = np.zeros(4)
        value, _ = told(function, memory[:3], memory[1:])
        assert (value[0].tolist(), value[1]) == ([1, 1, 1], [1, 1, 0])
        value, _ = told(function, np.zeros(3), np.zeros(3))
        assert (value[0].tolist(), value[1]) == ([1, 1, 1], [0, 0, 0])


def test_a_shared_item_in_a_list_is_told_apart(cachedir):
    @make(cachedir=cachedir, keep="all")
    def change(rows):
        rows[0][0] = 7
        return rows

    for _ in range(2):
        row = [0]
        value, _ = told(change, [row, row])
        assert value == [[7], [7]]
        value, _ = told(change, [[0], [0]])
        assert value == [[7], [0]]


def test_a_swapped_file_is_what_the_version_says(cachedir, tmp_path, marks):
    mark = marks.mark

    @make(cachedir=cachedir, output=(NumpyFile(tmp_path / "a.npy"), NumpyFile(tmp_path / "b.npy")))
    def pair(x):
        mark("pair")
        return np.full(3, x), np.full(3, -x)

    pair(2)
    a, b = (tmp_path / name for name in ("a.npy", "b.npy"))
    a.rename(tmp_path / "c"), b.rename(a), (tmp_path / "c").rename(b)
    (value, _), runs = marks.of(told, pair, 2)
    assert (value[0].tolist(), value[1].tolist(), runs) == ([2] * 3, [-2] * 3, ["pair"])
