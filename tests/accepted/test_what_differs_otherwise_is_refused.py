"""A result of other arguments or inputs is refused, with the difference, and nothing is changed."""

import numpy as np
import pytest

from counting import records
from remade import File, NumpyFile, PickleFile, make

SETTINGS = {"fwhm": 6}


def build(tmp_path, function=None, **options):
    function = function or (lambda x, file=None: x + SETTINGS["fwhm"])
    return make(function, name="f", cachedir=tmp_path / "c", **options)


def refused(tmp_path, made, *args, match, **kwargs):
    before = {path: path.read_bytes() for path in records(tmp_path)}
    with pytest.raises(ValueError, match=match) as raised:
        made.accept(*args, reason="r", **kwargs)
    assert "cannot be accepted" in str(raised.value)
    assert "call the function instead" in str(raised.value)
    assert {path: path.read_bytes() for path in records(tmp_path)} == before
    assert not made.check_call_in_cache(*args, **kwargs)


def test_another_argument(tmp_path):
    made = build(tmp_path)
    made(1)
    refused(tmp_path, made, 2, match="argument x changed: from 1 to 2")


def test_another_setting(tmp_path, monkeypatch):
    made = build(tmp_path)
    made(1)
    monkeypatch.setitem(SETTINGS, "fwhm", 8)
    refused(tmp_path, made, 1, match=r"SETTINGS changed: from .*6.* to .*8")


def test_another_file(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("1")
    made = build(tmp_path)
    made(1, File(path))
    path.write_text("2")
    refused(tmp_path, made, 1, File(path), match=r"file data\.csv changed")


def test_no_record(tmp_path):
    refused(tmp_path, build(tmp_path), 1, match="never ran")


def test_a_missing_result(tmp_path):
    made = build(tmp_path, output=PickleFile(tmp_path / "f"))
    made(1)
    (tmp_path / "f").unlink()
    refused(tmp_path, made, 1, match="result missing")


def test_another_persister_or_place(tmp_path):
    build(tmp_path, np.arange, output=NumpyFile(tmp_path / "f"))(3)
    refused(tmp_path, build(tmp_path, np.arange, output=PickleFile(tmp_path / "f")), 3,
            match="persister changed")  # fmt: skip
    refused(tmp_path, build(tmp_path, np.arange, output=NumpyFile(tmp_path / "g")), 3,
            match="asked elsewhere")  # fmt: skip


def test_arguments_in_another_order(tmp_path):
    """What they are one by one is equal; together they are another call."""
    build(tmp_path, lambda **more: list(more), version="1")(a=1, b=2)
    made = build(tmp_path, lambda **more: list(more), version="2")
    refused(tmp_path, made, b=2, a=1, match="given in another way")


def test_an_argument_without_a_version(tmp_path):
    made = build(tmp_path, lambda x: None)
    with open(__file__) as file:
        refused(tmp_path, made, file, match="argument x has no version")


def test_an_array_that_was_changed_behind_its_history(tmp_path):
    """As before a run, what is known by history is read in full."""
    source = make(lambda n: np.arange(n), name="source", cachedir=tmp_path / "c")
    build(tmp_path, lambda x: 1, version="1")(source(5))
    array = source(5)
    array[2] = 7
    made = build(tmp_path, lambda x: 1, version="2")
    with (
        pytest.warns(UserWarning, match="changed outside made functions"),
        pytest.raises(ValueError, match="argument x changed"),
    ):
        made.accept(array, reason="r")


@pytest.mark.parametrize("reason", ["", "  ", None, 1])
def test_a_reason_must_be_given(tmp_path, reason):
    made = build(tmp_path)
    made(1)
    with pytest.raises(TypeError, match="reason="):
        made.accept(1, reason=reason)
    with pytest.raises(TypeError, match="reason"):
        made.accept(1)


def test_arguments_that_do_not_fit(tmp_path):
    with pytest.raises(TypeError, match="do not fit"):
        build(tmp_path).accept(1, 2, 3, reason="r")
