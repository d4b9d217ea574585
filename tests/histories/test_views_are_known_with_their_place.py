"""A view of a known array is known too, by where and how it looks at it."""

import gc

import numpy as np
import pytest

from remade import make


@pytest.fixture
def image(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def image(seed, order="C"):
        mark("image")
        numbers = np.arange(24.0) + 100 * seed
        return np.asarray(numbers.reshape(4, 6), order=order)

    return image


@pytest.fixture
def total(cachedir, marks):
    """Reuses only what history knows."""
    mark = marks.mark

    @make(cachedir=cachedir, keep="all", unknown="rerun")
    def listed(a):
        mark("listed")
        return a.tolist()

    return listed


VIEWS = {
    "row": lambda a: a[1],
    "part": lambda a: a[1:3, 2:5],
    "part of a part": lambda a: a[1:, 1:][1:, 1:],
    "backwards": lambda a: a[::-1, ::-1],
    "backwards in columns": lambda a: a[:, ::-1],
    "every other": lambda a: a[::2, 1::2],
    "turned": lambda a: a.T,
    "flat": lambda a: a.reshape(-1) if a.flags.c_contiguous else a.reshape(-1, order="F"),
    "as integers": lambda a: a.view("i8"),
    "with an axis": lambda a: a[None, :, :, None],
    "repeated": lambda a: np.broadcast_to(a[0], (3, 6)),
    "diagonal": lambda a: np.diagonal(a),
    "turned part backwards": lambda a: a.T[::-1][1:4],
}


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_reused_and_another_view_is_not_mistaken_for_it(name, order, image, total, marks):
    view = VIEWS[name](image(1, order))
    assert marks.of(total, view) == (view.tolist(), ["listed"])
    assert marks.of(total, view) == (view.tolist(), [])
    again = VIEWS[name](image(1, order))  # loaded: another object of the same history
    assert marks.of(total, again) == (view.tolist(), [])
    for other in VIEWS:
        seen = VIEWS[other](image(1, order))
        assert total(seen) == seen.tolist()
        seen = VIEWS[other](image(2, order))
        assert total(seen) == seen.tolist()


def test_a_swap_of_two_results_is_seen(image, cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def difference(a, b):
        mark("difference")
        return float((a - b).sum())

    a, b = image(1), image(2)
    assert marks.of(difference, a, b) == (-2400.0, ["difference"])
    a, b = b, a
    assert marks.of(difference, a, b) == (2400.0, ["difference"])
    assert marks.of(difference, b, a) == (-2400.0, [])


def test_a_swap_of_contents_is_seen_before_a_run(image, cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def difference(a, b):
        mark("difference")
        return float((a - b).sum())

    a, b = image(1), image(2)
    a[:], b[:] = b.copy(), a.copy()
    with pytest.warns(match="changed outside made functions since"):
        assert marks.of(difference, a, b) == (2400.0, ["difference"])


def test_a_stranger_at_a_known_address_is_read(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def ones(n):
        return np.ones(n)

    @make(cachedir=cachedir)
    def total(a):
        mark("total")
        return float(a.sum())

    met = set()
    for number in range(100):
        known = ones(1000)
        assert total(known) == 1000.0
        met.add(id(known))
        del known
        stranger = np.full(1000, float(number))
        assert marks.of(total, stranger)[0] == 1000.0 * number
        again = id(stranger) in met
        del stranger
    assert again or met  # which addresses are used again is up to Python


def test_a_view_outlives_the_array_it_looks_at(image, total, marks):
    view = image(3)[1:3]
    gc.collect()
    assert marks.of(total, view) == (view.tolist(), ["listed"])
    assert marks.of(total, image(3)[1:3]) == (view.tolist(), [])


def test_an_array_and_its_copy_are_one_by_content(image, cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def listed(a):
        mark("listed")
        return a.tolist()

    a = image(1)
    assert marks.of(listed, a) == (a.tolist(), ["listed"])
    assert marks.of(listed, a.copy()) == (a.tolist(), [])
    assert marks.of(listed, np.asfortranarray(a)) == (a.tolist(), ["listed"])
