"""What was remembered is known at constant cost, in every view, while it lives."""

import gc
import pickle

import numpy as np
import pytest

from known import Thing, known
from remade import _remade as remade

OTHER = "0123456789abcdef0123456789abcdef"


def remembered(array, **options):
    assert remade._remember(array, **options) == 1
    return array


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", ["f8", ">i2", "U3", "M8[s]", [("a", "i1"), ("b", "f8")], "g"])
def test_history_and_content_agree_on_an_array(order, dtype):
    array = np.zeros(
        (3, 4), dtype=np.dtype(dtype, align=True) if isinstance(dtype, list) else dtype, order=order
    )
    content = remade._version(array)
    nested = remade._version([array, 1])
    assert not known(array)
    remembered(array)
    assert known(array)
    assert remade._version_by_history(array) == content
    assert remade._version_by_history([array, 1]) == nested
    if array.dtype.isnative:
        assert remade._version(pickle.loads(pickle.dumps(array))) == content


def test_history_goes_before_content():
    array = remembered(np.arange(10.0), version=OTHER)
    assert remade._version_by_history(array) == OTHER
    assert remade._version_by_history(array[:]) == OTHER
    assert remade._version_by_history(np.asarray(array)) == OTHER
    assert remade._version(array) != OTHER


def test_views_are_known_by_where_they_look():
    array = remembered(np.arange(24.0).reshape(4, 6))
    views = [
        array[1:],
        array[::2],
        array[:, 1:],
        array.T,
        array[::-1],
        array.reshape(6, 4),
        array.view("i8"),
        array[1:3, 2:4],
        array.ravel(),
        array[0],
        array[1],
        array[2:2],
        np.broadcast_to(array[0], (4, 6)),
        array.view("f4"),
        array[None],
        array[:, ::-1],
    ]
    versions = {remade._version_by_history(view) for view in views + [array]}
    assert len(versions) == len(views) + 1
    assert all(known(view) for view in views if view.size)
    assert remade._version_by_history(array[1:][1:]) == remade._version_by_history(array[2:])
    assert remade._version_by_history(array[::-1][::-1]) == remade._version_by_history(array)
    assert remade._version_by_history(array.T.T) == remade._version_by_history(array)


def test_a_view_has_the_same_version_in_the_next_process():
    array = remembered(np.arange(24.0).reshape(4, 6))
    again = remembered(np.arange(24.0).reshape(4, 6))
    for view in (lambda a: a[1:, ::-2], lambda a: a.T, lambda a: a.view("u1")[3]):
        assert remade._version_by_history(view(array)) == remade._version_by_history(view(again))


def test_swapped_arrays_are_seen():
    one, other = remembered(np.zeros(5)), remembered(np.ones(5))
    assert remade._version_by_history([one, other]) != remade._version_by_history([other, one])


def test_several_regions_of_one_owner():
    owner = np.arange(100.0)
    assert remade._remember((owner[:50], owner[50:])) == 2
    assert known(owner[:50])
    assert known(owner[60:70])
    assert not known(owner)
    assert not known(owner[40:60])
    assert remade._version_by_history(owner[50:]) == remade._version(np.arange(50.0, 100))
    assert remade._version_by_history(owner) == remade._version(owner)


def test_what_a_file_would_change_goes_by_content():
    array = np.arange(20.0).reshape(4, 5)
    for odd in (array[:, ::2], array[::-1], array.transpose(1, 0)[::2]):
        assert remade._remember(odd) == 0
        assert not known(odd)


def test_padding_is_not_shown_by_history():
    dtype = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    one, other = np.zeros(4, dtype), np.zeros(4, dtype)
    other.view("u1").reshape(4, 16)[:, 1:8] = 7
    assert remade._version(one) == remade._version(other)
    assert remade._version(one.view("u1")) != remade._version(other.view("u1"))
    remembered(one)
    assert not known(one.view("u1"))
    assert known(one[1:])
    assert remade._version([one[0]]) == remade._version([other[0]])


def test_an_address_used_again_is_another_object():
    for _ in range(2000):
        array = np.arange(1000.0)
        assert not known(array)
        remembered(array)
        del array


def test_an_object_address_used_again_is_another_object():
    class Thing:
        pass

    for number in range(2000):
        thing = Thing()
        thing.number = number
        assert not known(thing)
        assert remade._remember(thing) == 1
        assert known(thing)
        del thing


def test_the_registry_does_not_grow():
    gc.collect()
    for _ in range(1000):
        remade._remember(np.empty(3))
    for round in range(100_000):
        remade._remember(np.empty(3))
    assert remade._registry_size() < 1000
    alive = [np.empty(3) for _ in range(5000)]
    remade._remember(alive[:1000])
    for array in alive:
        remade._remember(array)
    assert all(known(array) for array in alive)


def test_an_owner_that_is_known_cannot_be_resized():
    array = remembered(np.arange(100_000.0))
    with pytest.raises(ValueError, match="cannot resize"):
        array.resize(10, refcheck=False)


def test_another_byte_order_does_not_survive_pickle():
    array = np.arange(3, dtype=">i4")
    assert remade._remember([array]) == 0
    assert remade._remember(array) == 1


def test_reshaping_in_place_is_seen():
    array = remembered(np.arange(6.0))
    before = remade._version_by_history(array)
    array.shape = (2, 3)
    assert remade._version_by_history(array) != before
    again = remembered(np.arange(6.0))
    assert remade._version_by_history(array) == remade._version_by_history(again.reshape(2, 3))


def test_memory_maps_are_known(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(1000.0))
    for mode in ("r", "c", "r+"):
        mapped = np.load(tmp_path / "a.npy", mmap_mode=mode)
        assert remade._version(mapped) == remade._version(np.arange(1000.0))
        remembered(mapped)
        assert known(mapped)
        assert known(mapped[10:])
        assert known(np.asarray(mapped))


def test_objects_are_known():
    thing = Thing(a=[1, 2], b=np.arange(5))
    content = remade._version(thing)
    assert remade._remember([thing]) == 1
    assert remade._version_by_history(thing) == content
    thing.a.append(3)
    assert remade._version_by_history(thing) == content
    assert remade._verify([thing]) != []
    assert remade._version_by_history(thing) == remade._version(thing) != content


def test_origins_are_told_by_position():
    a, b = np.zeros(3), Thing()
    remade._remember({"x": [a], "y": b}, record="k")
    alarms, origins = remade._history([1, {"first": b, "second": (a[1:],)}])
    assert alarms == []
    assert sorted(origins) == [("[1]['first']", "k['y']"), ("[1]['second'][0]", "k['x'][0]")]


def test_what_can_be_tracked_is_named_in_a_stable_order():
    value = {
        "a": [np.zeros(3), 1, "x"],
        "b": (Thing(), {1, 2}),
        "c": np.zeros((4, 4))[:, ::2],
        "d": np.float64(1),
    }
    full, cheap = remade._trackable(value)
    assert [position for position, _ in full] == cheap == ["['a'][0]", "['b'][0]"]


def test_constants_and_containers_have_no_history():
    for value in (
        1,
        "x",
        (1,),
        [1],
        {1},
        frozenset([1]),
        len,
        int,
        np.float64(1),
        np.dtype("f8"),
        np.array(3.0),
    ):
        assert remade._remember(value) == 0
