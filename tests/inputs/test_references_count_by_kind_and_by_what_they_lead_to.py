"""A weak reference, a proxy and a weak dictionary are values of their own, whatever they lead to."""

import weakref

import numpy as np
import pytest

from remade import make


class Key:
    """Equal to every other of the same value."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return self.value == other.value

    def __hash__(self):
        return hash(self.value)


class Called(Key):
    def __call__(self):
        return self.value


ONE, OTHER, CALLED = Key(1), Key(2), Called(3)

#: Each leads to the same object as the others of its list.
ALIKE = {
    "references": [weakref.ref(ONE), weakref.proxy(ONE)],
    "references to what is called": [weakref.ref(CALLED), weakref.proxy(CALLED)],
    "dictionaries": [
        weakref.WeakKeyDictionary({ONE: OTHER}),
        weakref.WeakValueDictionary({ONE: OTHER}),
        {ONE: OTHER},
    ],
    "sets": [weakref.WeakSet([ONE]), {ONE}],
}


@pytest.mark.parametrize("name", ALIKE)
def test_each_kind_is_another_call(marks, cachedir, name):
    mark = marks.mark

    @make(keep="all", cachedir=cachedir)
    def kind(value):
        mark("kind")
        return type(value).__name__

    names = [type(one).__name__ for one in ALIKE[name]]
    assert [marks.of(kind, one) for one in ALIKE[name]] == [(one, ["kind"]) for one in names]
    assert [marks.of(kind, one) for one in ALIKE[name]] == [(one, []) for one in names]


def test_proxies_that_are_called_and_those_that_are_not(marks, cachedir):
    mark = marks.mark

    @make(keep="all", cachedir=cachedir)
    def is_called(value):
        mark("is_called")
        return callable(value)

    thing = Key(1)
    plain = weakref.proxy(thing)
    thing.__class__ = Called
    called = weakref.proxy(thing, lambda _: None)
    assert marks.of(is_called, plain) == (False, ["is_called"])
    assert marks.of(is_called, called) == (True, ["is_called"])
    assert marks.of(is_called, plain) == (False, [])


@pytest.mark.parametrize("target", [Key, np.float64], ids=["own", "of a library"])
def test_a_proxy_of_a_class(marks, cachedir, target):
    mark = marks.mark

    @make(keep="all", cachedir=cachedir)
    def name(value):
        mark("name")
        return value.__name__

    assert marks.of(name, weakref.proxy(target)) == (target.__name__, ["name"])
    assert marks.of(name, weakref.proxy(target)) == (target.__name__, [])


def test_a_proxy_whose_object_is_gone(marks, cachedir):
    mark = marks.mark

    @make(keep="all", cachedir=cachedir)
    def kind(value, *, other=None):
        mark("kind")
        return type(value).__name__ + type(other).__name__

    thing = Key(1)
    proxy = weakref.proxy(thing)
    alive = marks.of(kind, proxy)
    assert alive == (kind.__wrapped__(proxy), ["kind"])
    marks.new()
    del thing
    # Each in two steps: pytest looks at what stands in an assert, and a dead proxy raises there.
    answers = [marks.of(kind, proxy), marks.of(kind, proxy), marks.of(kind, None, other=proxy)]
    assert answers[:2] == [(alive[0], ["kind"]), (alive[0], [])]
    assert answers[2] == ("NoneType" + alive[0].removesuffix("NoneType"), ["kind"])
