"""Content of arrays: padding never, masks and classes always."""

import io
import pickle
import threading

import numpy as np
import pytest

from remade import _remade as remade


def version(*arguments, **options):
    return remade._version(np.array(*arguments, **options))


def test_types_shapes_and_orders_are_told_apart():
    base = np.arange(6)
    arrays = [
        base,
        base.astype(">i8"),
        base.astype("u8"),
        base.astype("i4"),
        base.reshape(2, 3),
        base.reshape(3, 2),
        np.asfortranarray(base.reshape(2, 3)),
        base.reshape(3, 2).T,
        base[::-1],
        base[:, None],
        base[None],
        base.view("M8[s]"),
        base.view("M8[ms]"),
        base.view("m8[s]"),
        base.astype(object),
        base.astype(str),
        base.view([("a", "i8")]),
        base.view([("b", "i8")]),
        base.view("V8"),
    ]
    versions = [remade._version(array) for array in arrays]
    equal = [(i, j) for i in range(len(arrays)) for j in range(i) if versions[i] == versions[j]]
    assert equal == []


def test_gaps_do_not_count():
    array = np.arange(1000).reshape(10, 10, 10)
    for view in (array[::2], array[:, 1:5], array[..., ::3], array[2:3, :, ::2]):
        assert remade._version(view) == remade._version(view.copy())
    turned = array.transpose(2, 0, 1)[:, ::2]
    assert remade._version(turned) == remade._version(turned.copy(order="K"))


@pytest.mark.parametrize(
    "dtype",
    [
        np.dtype([("a", "i1"), ("b", "f8")], align=True),
        np.dtype([("a", "i1"), ("b", [("c", "i1"), ("d", "f8")], (2,))], align=True),
        np.dtype({"names": ["x", "y"], "formats": ["i2", "i2"], "offsets": [9, 1], "itemsize": 16}),
        np.dtype("g"),
        np.dtype("G"),
        np.dtype([("a", "g"), ("b", "i1")]),
    ],
)
@pytest.mark.parametrize("step", [1, 2, -1])
def test_padding_does_not_count(dtype, step):
    one = np.frombuffer(b"\x00" * dtype.itemsize * 8, dtype).copy()
    other = np.frombuffer(b"\xff" * dtype.itemsize * 8, dtype).copy()
    other[...] = one
    if dtype.kind in "fc":
        raw = one.view("u1").reshape(8, -1)
        noise = raw.copy()
        noise[:, 10:16] = 255
        other = noise.reshape(-1).view(dtype)
    assert remade._version(one[::step]) == remade._version(other[::step])


def test_every_field_counts():
    dtype = np.dtype([("a", "i1"), ("b", "f8"), ("c", "i2", (2,))], align=True)
    versions = {remade._version(np.zeros(3, dtype))}
    for name in dtype.names:
        changed = np.zeros(3, dtype)
        changed[name][1] = 1
        versions.add(remade._version(changed))
    assert len(versions) == 4


def test_names_of_fields_can_be_assigned():
    array = np.zeros(3, [("a", "i4")])
    before = remade._version(array)
    array.dtype.names = ("b",)
    assert remade._version(array) != before


def test_objects_one_by_one():
    one = np.array([1, "a", None, [1, 2]], dtype=object)
    assert remade._version(one) == remade._version(
        np.array([1, "".join("a"), None, [1, 2]], dtype=object)
    )
    for other in ([1.0, "a", None, [1, 2]], [1, "a", None, [1, 3]], [1, "a", None, (1, 2)]):
        made = np.empty(4, object)
        made[:] = other
        assert remade._version(one) != remade._version(made)
    own = np.empty(1, object)
    own[0] = own
    assert remade._version(own)
    fields = np.zeros(2, [("a", object), ("b", "f8")])
    before = remade._version(fields)
    fields["a"][0] = [1]
    assert remade._version(fields) != before


def test_strings_of_any_length():
    kind = np.dtypes.StringDType()
    one = np.array(["a", "b" * 100], dtype=kind)
    assert remade._version(one) == remade._version(one.copy())
    assert remade._version(one) != remade._version(np.array(["a", "b" * 99 + "c"], dtype=kind))
    assert remade._version(one) != remade._version(
        np.array(["a", "b" * 100], dtype=np.dtypes.StringDType(na_object=None))
    )


def test_masks_count():
    data = [1.0, 2.0, 3.0]
    arrays = [
        np.ma.masked_array(data),
        np.ma.masked_array(data, [0, 0, 0]),
        np.ma.masked_array(data, [0, 1, 0]),
        np.ma.masked_array(data, [0, 1, 0], fill_value=5),
        np.ma.masked_array([1.0, 9.0, 3.0], [0, 1, 0]),
        np.ma.masked_array(data, [0, 1, 0], hard_mask=True),
        np.array(data),
    ]
    versions = [remade._version(array) for array in arrays]
    assert len(set(versions)) == len(versions)
    again = pickle.loads(pickle.dumps(arrays[3]))
    assert remade._version(again) == versions[3]


def test_subclasses_are_their_class_and_state():
    class Image(np.ndarray):
        pass

    one, other = np.zeros(3).view(Image), np.zeros(3).view(Image)
    other.unit = "m"
    versions = {
        remade._version(array) for array in (one, other, np.zeros(3), np.matrix([0.0, 0, 0]))
    }
    assert len(versions) == 4
    assert remade._version(np.zeros(3).view(Image)) == remade._version(one)


def test_what_cannot_be_told_has_no_version(tmp_path):
    file = open(tmp_path / "x", "w")
    things = [
        file,
        (number for number in [1]),
        iter([1]),
        threading.Lock(),
        io,
        map(str, [1]),
        zip([1]),
        memoryview(b"x"),
        io.BytesIO(),
        [threading.Lock()],
        {"a": (file,)},
    ]
    for thing in things:
        with pytest.raises(TypeError, match="has no version"):
            remade._version(thing)
    file.close()


def test_interrupts_pass_through():
    class Slow:
        def __reduce__(self):
            raise KeyboardInterrupt

    class Broken:
        def __reduce__(self):
            raise ValueError("no state today")

    with pytest.raises(KeyboardInterrupt):
        remade._version(Slow())
    with pytest.raises(TypeError, match="no state today"):
        remade._version([Broken()])


def test_wrapped_functions_count():
    import functools

    def make(number):
        def inner():
            return number

        inner.__qualname__ = f"inner{number}"
        cached = functools.lru_cache(inner)
        cached.__qualname__ = "same"
        return cached

    assert remade._version(make(1)) != remade._version(make(2))


def test_short_forms_are_short_and_never_fail():
    class Bad:
        def __repr__(self):
            raise ValueError

    loop = []
    loop.append(loop)
    shown = [
        10**10_000,
        "x" * 10**6,
        [1] * 10**6,
        {"a": np.zeros((3, 4))},
        Bad(),
        [Bad()],
        loop,
        (1,),
        {1, 2},
        Bad,
        {Bad(): 1},
        np.zeros(3, object),
        "\udc80",
        b"x" * 1000,
        np.zeros(2, [(f"f{n}", "f8") for n in range(50)]),
    ]
    for value in shown:
        text = remade._short_form(value)
        assert 0 < len(text) <= 85, text
    assert remade._short_form(np.zeros((3, 4))) == "ndarray float64 (3, 4)"
    assert remade._short_form([1, "a", (2.5,)]) == "[1, 'a', (2.5,)]"
