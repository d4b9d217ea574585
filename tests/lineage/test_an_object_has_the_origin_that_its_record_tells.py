"""`origin` gives the record of the run that returned an object, whatever happened to the file since."""

import datetime
import gc
import os
import pickle
import sys

import numpy as np
import pytest

import remade
from counting import records, told, warned
from known import Thing
from remade import File, NumpyFile, make

SETTINGS = {"rate": 2}


def test_everything_that_the_record_knows_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    @make(cachedir="cache")
    def inner(x):
        return x + 1

    @make(cachedir="cache")
    def table(path):
        return np.loadtxt(path, delimiter=",")

    @make(cachedir="cache", output=NumpyFile("scaled.npy"), depends=(("label", 1),))
    def scale(signal, factor):
        return signal * factor * SETTINGS["rate"] * inner(0)

    (tmp_path / "d.csv").write_text("1,2,3")
    before = datetime.datetime.now(datetime.timezone.utc)
    signal = table(File("d.csv"))
    found = remade.origin(scale(signal, 10))
    assert found is not None
    name = f"{__name__}.test_everything_that_the_record_knows_is_there.<locals>."
    assert found.function == name + "scale"
    assert (found.position, found.is_part) == ("", False)
    second = datetime.timedelta(seconds=1)  # the clock of the files is a coarse one
    assert before - second <= found.started <= datetime.datetime.now(datetime.timezone.utc)
    assert 0 < found.seconds < 60
    assert found.pid == os.getpid()
    assert found.language == "python {}.{}.{}".format(*sys.version_info[:3])
    assert found.host
    assert [(one.name, one.short) for one in found.arguments[:2]] == [
        ("signal", "ndarray float64 (3)"),
        ("factor", "10"),
    ]
    assert len(found.arguments) == 3  # and depends=
    [origin] = found.arguments[0].origins
    assert (origin.position, origin.function, origin.result) == ("", name + "table", "")
    assert origin.version == found.arguments[0].version
    assert origin.key == remade.origin(signal).key
    assert [(one.name, one.short) for one in found.implicit] == [
        (f"{__name__}.SETTINGS", "{'rate': 2}")
    ]
    assert [call.function for call in found.nested] == [name + "inner"]
    [result] = found.results
    assert result.path == str(tmp_path / "scaled.npy")
    assert result.persister == "remade.NumpyFile"
    assert result.version == found.version
    assert found.files == ()
    assert [file.path for file in remade.origin(signal).files] == [str(tmp_path / "d.csv")]
    assert found.store == str(tmp_path / "cache")
    assert found.path == str(next(path for path in records(tmp_path) if found.key in path.name))
    for line in (
        "signal came from " + name + "table",
        f"used {__name__}.SETTINGS = ",
        "scaled.npy",
    ):
        assert line in str(found)


def test_a_loaded_result_has_the_origin_of_the_run(cachedir):
    @make(cachedir=cachedir, keep="all")
    def give(x):
        return np.arange(x)

    ran = remade.origin(give(3))
    give(4)
    with told() as calls:
        loaded = give(3)
    assert [call.ran for call in calls] == [False]
    assert remade.origin(loaded) == ran


def test_parts_of_containers_and_views_are_told_with_their_place(cachedir):
    @make(cachedir=cachedir)
    def give():
        return [np.arange(6.0), {"a": (np.ones(3), 5)}, Thing(x=1)]

    for _ in range(2):
        result = give()
        assert remade.origin(result) is None
        assert remade.origin(result[1]) is None
        assert remade.origin(result[1]["a"][1]) is None
        assert remade.origin(result[0]).position == "[0]"
        assert remade.origin(result[1]["a"][0]).position == "[1]['a'][0]"
        assert remade.origin(result[2]).position == "[2]"
        whole, part = remade.origin(result[0]), remade.origin(result[0][1:3])
        assert (whole.is_part, part.is_part) == (False, True)
        assert (part.position, part.version, part.run) == ("[0]", whole.version, whole.run)
        assert remade.origin(result[0][::-2]).is_part
        assert str(part).startswith("a part of [0] of ")


def test_frames_are_known(cachedir):
    pandas = pytest.importorskip("pandas")

    @make(cachedir=cachedir)
    def give():
        return pandas.DataFrame({"a": [1, 2]})

    frame = give()
    assert remade.origin(frame).function.endswith("give")
    assert remade.origin(frame.copy()) is None


@pytest.mark.parametrize(
    "value", [1, "text", None, (), [], {}, object(), np.ones(3), np.float64(1), Thing(), iter([1])]
)
def test_what_no_made_function_returned_has_none(value):
    assert remade.origin(value) is None
    assert len(remade.lineage(value)) == 0
    assert str(remade.lineage(value)) == "nothing is known of where this came from"


def test_what_was_seen_to_be_changed_has_none(cachedir):
    @make(cachedir=cachedir)
    def give():
        return np.zeros(5)

    array = give()
    view = array[:2]
    array[0] = 1
    assert remade.origin(array) is None
    assert remade.origin(view) is None
    assert len(remade.lineage([array])) == 0

    @make(cachedir=cachedir)
    def take(x):
        return 1

    thing = Thing(x=1)

    @make(cachedir=cachedir)
    def wrap():
        return thing

    wrap()
    thing.y = 2
    with warned("the argument x"):
        take(thing)
    assert remade.origin(thing) is None


def test_the_origin_is_that_of_the_object_after_its_record_was_replaced(cachedir):
    @make(cachedir=cachedir)
    def give(x):
        return np.arange(x)

    first = give(3)
    path = remade.origin(first).path
    second = give(4)
    assert remade.origin(first).arguments[0].short == "3"
    assert (remade.origin(first).path, os.path.exists(path)) == (None, False)
    assert os.path.exists(remade.origin(second).path)
    give.clear()
    assert remade.origin(second).path is None
    assert "replaced or forgotten since" in str(remade.origin(second))


def test_it_cannot_be_changed_and_survives_pickling(cachedir):
    @make(cachedir=cachedir)
    def give():
        return np.zeros(5)

    array = give()
    found, lineage = remade.origin(array), remade.lineage(array)
    for thing, name in ((found, "position"), (found.run, "host"), (lineage, "nodes")):
        with pytest.raises(AttributeError):
            setattr(thing, name, "x")
    assert pickle.loads(pickle.dumps(found)) == found
    copy = pickle.loads(pickle.dumps(lineage))
    assert (copy.nodes, str(copy)) == (lineage.nodes, str(lineage))
    assert not hasattr(found, "nothing")
    del array
    gc.collect()
    assert found.function.endswith("give")
