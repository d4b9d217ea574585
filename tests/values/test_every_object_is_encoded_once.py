"""What is met again is a reference back, so cycles end and sharing is told from copies."""

import threading

import numpy as np
import pytest

from remade import _remade as remade


class Node:
    def __init__(self, *links):
        self.links = list(links)


def test_the_same_list_twice_is_not_two_lists():
    shared = [1]
    assert remade._version([shared, shared]) != remade._version([[1], [1]])
    array = np.arange(3)
    assert remade._version([array, array]) != remade._version([array, array.copy()])


def test_equal_constants_do_not_depend_on_identity():
    one, other = (1, "x" * 3), (1, "".join(["xx", "x"]))
    assert remade._version([one, one]) == remade._version([one, other])


def test_cycles_have_versions():
    def ring(length):
        nodes = [Node() for _ in range(length)]
        for node, following in zip(nodes, nodes[1:] + nodes[:1]):
            node.links.append(following)
        return nodes[0]

    assert remade._version(ring(3)) == remade._version(ring(3))
    assert remade._version(ring(3)) != remade._version(ring(4))
    loop = []
    loop.append(loop)
    deep = [[]]
    deep[0].append(deep)
    assert remade._version(loop) != remade._version(deep)
    own = {}
    own["self"] = (own,)
    assert remade._version(own) == remade._version(own)


def test_a_graph_of_many_paths_is_walked_once():
    nodes = [Node() for _ in range(60)]
    for node in nodes:
        node.links = list(nodes)
    assert remade._version(nodes[0]) == remade._version(nodes[0])


def test_sets_of_objects_that_hold_sets_end():
    class Member:
        def __init__(self):
            self.others = set()

    members = [Member() for _ in range(30)]
    for member in members:
        member.others = set(members)
    with pytest.raises(TypeError, match="too many places"):
        remade._version(members[0])


@pytest.mark.parametrize(
    "make",
    [
        lambda inner: [inner],
        lambda inner: (inner,),
        lambda inner: {"a": inner},
        lambda inner: frozenset([inner]),
        Node,
    ],
)
@pytest.mark.parametrize("levels", [20, 10_000])
def test_deep_nesting_is_a_version_or_a_clear_refusal(make, levels):
    failures, kept = [], []

    def run():
        value = make(0)
        for _ in range(levels):
            try:
                value = make(value)
            except RecursionError:
                break
        try:
            remade._version(value)
            assert levels < 100
        except TypeError as error:
            assert "nested more than" in str(error)  # noqa: PT017
            assert levels > 100
        except BaseException as error:
            failures.append(error)
        # Dropped where the stack is large: CPython 3.13.0 by itself overflows a small one here.
        kept.append(value)

    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert not failures


def test_temporaries_do_not_look_like_one_another():
    class Odd:
        def __init__(self, number):
            self.number = number

        def __reduce__(self):
            return Odd, ([self.number],), {"made": [self.number]}

    assert remade._version([Odd(1), Odd(1)]) != remade._version([Odd(1), Odd(2)])
    many = [Odd(number % 7) for number in range(2000)]
    other = [Odd(number % 7) for number in range(2000)]
    assert remade._version(many) == remade._version(other)


def test_aliases_are_seen():
    a, b = np.arange(10.0), np.arange(10.0)
    assert not remade._has_aliases([a, b, 1, "x", (), [1], {"a": 2}])
    assert remade._has_aliases([a, a])
    assert remade._has_aliases([a, [a[2:4]]])
    assert not remade._has_aliases([a[:5], a[5:]])
    shared = [1]
    assert remade._has_aliases([shared, {"x": shared}])
    assert remade._has_aliases([Node(shared), shared])
    assert not remade._has_aliases([Node(1), Node(1), len, int])
