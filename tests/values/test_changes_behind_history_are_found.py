"""Verifying reads everything in full; tripwires cost nothing and see most."""

import numpy as np
import pytest

from known import Thing, known
from remade import _remade as remade


def test_unchanged_values_verify():
    array = np.arange(1e6)
    thing = Thing(a=1)
    remade._remember([array, thing])
    assert remade._verify([array[::3], {"x": (thing,)}, 5]) == []
    assert known(array)
    assert known(thing)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a,
        lambda a: a[10:20],
        lambda a: a[::-1],
        lambda a: [{"x": (a,)}],
        lambda a: Thing(data=a.T),
        lambda a: np.ma.masked_array(a),
    ],
)
def test_changed_memory_loses_its_history_in_every_view(view):
    array = np.arange(1e5)
    remade._remember(array)
    part = array[500:]
    assert known(part)
    array[77_777] += 1
    found = remade._verify(view(array))
    assert len(found) == 1
    assert "f" in found[0]
    assert not known(array)
    assert not known(part)
    assert not known(array[:3])


def test_overlapping_regions_are_all_read():
    array = np.arange(100.0)
    remade._remember([array, array[40:], array[:10]])
    array[50] = -1
    assert remade._verify(array[:60]) != []
    assert not known(array)
    assert not known(array[45:])


def test_a_lossy_version_is_verified_against_its_content():
    array = np.arange(10.0)
    remade._remember(array, version="0" * 31 + "1")
    assert remade._verify(array) == []
    array[0] = 5
    assert remade._verify(array) != []


def test_a_change_of_the_whole_trips_the_wire():
    for size in (1, 10, 64, 65, 1000, 100_000):
        array = np.zeros((size,))
        remade._remember(array)
        before = remade._version_by_history(array)
        assert remade._history([array])[0] == []
        array += 1
        alarms, _ = remade._history([0, array])
        assert [position for position, _ in alarms] == ["[1]"]
        assert "returned by" in alarms[0][1]
        assert remade._version_by_history(array) == before


def test_padding_does_not_trip_the_wire():
    array = np.zeros(1000, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    remade._remember(array)
    array.view("u1").reshape(-1, 16)[:, 1:8] = 9
    assert remade._history(array)[0] == []
    array["b"] += 1
    assert remade._history(array)[0] != []


def test_an_attribute_trips_the_wire():
    thing = Thing(a=1)
    remade._remember(thing)
    assert remade._history(thing)[0] == []
    thing.a = "other"
    assert len(remade._history(thing)[0]) == 1


def test_forgetting_ends_the_history_of_every_view():
    array = np.arange(10.0)
    remade._remember(array)
    remade._forget(array[2:4])
    assert not known(array)


def test_writeable_maps_trip_and_read_only_ones_need_no_wire(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(1e4))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="c")
    remade._remember(mapped)
    mapped += 1
    assert remade._history(mapped)[0] != []
