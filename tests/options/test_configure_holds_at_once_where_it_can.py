"""Switches hold for functions that are decorated already; of stores and numbers kept it warns."""

import inspect
import os

import numpy as np
import pytest

import remade
from counting import quiet, told, warned
from remade import NumpyFile, SaveError, configure, make
from workshop import cachedir

__all__ = ["cachedir", "quiet"]

NOTHING = dict.fromkeys(
    ("cachedir", "verify", "unknown", "debug", "raise_errors", "keep", "durable")
)


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    configure(**NOTHING)


@pytest.mark.parametrize(
    ("kind", "options", "sentence"),
    [
        (TypeError, {"verfy": True}, "verfy"),
        (TypeError, {"verify": "no"}, "verify takes True or False, not 'no'"),
        (TypeError, {"debug": 1}, "debug takes True or False, not 1"),
        (TypeError, {"cachedir": 3}, "cachedir takes a path"),
        (TypeError, {"keep": "some"}, 'keep takes a number or "all"'),
        (ValueError, {"keep": 0}, "keep takes a number from 1 on"),
        (ValueError, {"unknown": "ask"}, '"content" or "rerun"'),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(kind, options, sentence, cachedir):
    with pytest.raises(kind) as refusal:
        configure(**{"raise_errors": True, **options})
    assert sentence in str(refusal.value)
    with warned("could not be saved"):
        assert make(lambda: abs, cachedir=cachedir, output=NumpyFile(cachedir / "f.npy"))() is abs


def test_switches_hold_at_once_for_those_that_do_not_name_them(cachedir, caplog):
    caplog.set_level("INFO")
    f = make(lambda x: x, cachedir=cachedir, name="f")
    quiet_one = make(lambda x: x, cachedir=cachedir, name="g", debug=False)
    f(1), quiet_one(1)
    assert caplog.text == ""
    configure(debug=True)
    f(1), quiet_one(1)
    assert "f" in caplog.text
    assert len(caplog.records) == 1
    configure()
    f(1)
    assert len(caplog.records) == 2
    configure(debug=None)
    f(1)
    assert len(caplog.records) == 2


def test_verify_and_unknown_and_raise_errors_hold_at_once(cachedir):
    source = make(lambda: np.zeros(3), cachedir=cachedir, name="source")
    total = make(lambda a: float(a.sum()), cachedir=cachedir, name="total")
    array = source()
    assert total(array) == 0
    array[1] = 5
    configure(verify=True)
    with warned("was changed outside made functions"):
        assert total(array) == 5
    configure(verify=None, unknown="rerun")
    other = np.ones(2)
    for _ in range(2):
        with told() as events:
            assert total(other) == 2
        assert [event.ran for event in events] == [True]
    unsavable = make(lambda: abs, cachedir=cachedir, output=NumpyFile(cachedir / "f.npy"), name="n")
    configure(unknown=None, raise_errors=True)
    with pytest.raises(SaveError):
        unsavable()


def test_functions_that_took_another_store_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = [make(lambda: 1, name=f"named{number}") for number in range(5)]
    own = make(lambda: 1, name="own", cachedir="mine", keep=3)
    with warned(("named0", "cachedir=", str(tmp_path / "cache"))):
        configure(cachedir="elsewhere")
    with warned(("keep=1", "before their modules are imported")):
        configure(keep="all")
    later = make(lambda: 2, name="later")
    assert (made[0](), own(), later()) == (1, 1, 2)
    assert sorted(os.listdir()) == ["cache", "elsewhere", "mine"]
    fixed = make(lambda x: np.ones(x), output=NumpyFile("f.npy"), name="fixed")
    fixed(1), fixed(2)
    assert fixed.cache_info().records == 1


def test_the_signatures_say_what_may_be_given():
    signature = inspect.signature(make)
    assert str(signature.parameters["verify"]) == "verify: 'bool | None' = None"
    signature = inspect.signature(configure)
    assert "keep: \"int | Literal['all'] | _Unchanged | None\" = <unchanged>" in str(signature)
    assert "configure" in remade.__all__
