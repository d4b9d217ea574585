"""What a run was given besides whole arguments has a history as well: parts, globals, calls inside."""

import numpy as np

import remade
from remade import make


def test_globals_and_parts_of_arguments_have_a_history(cachedir, monkeypatch):
    @make(cachedir=cachedir)
    def mask():
        return [np.array([1.0, 0.0]), "note"]

    @make(cachedir=cachedir)
    def apply(signals):
        return [signal * MASK for signal in signals]

    monkeypatch.setitem(globals(), "MASK", mask()[0])
    result = apply([np.ones(2), mask()[0][:1]])
    [root] = remade.lineage(result[1]).roots
    assert (root.role, root.result) == ("asked", "[1]")
    lineage = remade.lineage(result)
    assert [(root.position, root.result) for root in lineage.roots] == [
        ("[0]", "[0]"),
        ("[1]", "[1]"),
    ]
    assert [tuple(link) for link in lineage.nodes[0].inputs] == [
        (1, "argument", "signals", "[1]", "[0]"),
        (1, "implicit", f"{__name__}.MASK", "", "[0]"),
    ]
    assert len(lineage) == 2


MASK = None


def test_arguments_are_told_also_where_every_one_is_read(cachedir):
    @make(cachedir=cachedir)
    def give():
        return np.ones(2)

    @make(cachedir=cachedir, verify=True, name="take")
    def take(signal):
        return signal + 1

    assert [node.kind for node in remade.lineage(take(give()))] == ["run", "run"]


def test_many_nested_calls_are_named_up_to_a_bound(cachedir):
    @make(cachedir=cachedir, keep="all")
    def inner(x):
        return x

    @make(cachedir=cachedir)
    def outer(number):
        return np.array([inner(x % 150) for x in range(number)])

    calls = remade.origin(outer(3)).nested
    assert len({call.key for call in calls}) == 3
    assert len(remade.origin(outer(400)).nested) == 100
    kinds = [node.kind for node in remade.lineage(outer(400))]
    assert kinds.count("run") == 101
