"""`explain` says fresh, or every reason why not: each kind once, and several at a time."""

import os

import numpy as np
import pytest

from counting import records
from remade import File, NumpyFile, PickleFile, make

SETTINGS = {"fwhm": 6}
TABLE = {}


@pytest.fixture
def made(tmp_path, marks):
    """Made functions of one name that count their runs: `marks.new()` must stay empty."""

    def build(function, name="f", **options):
        return make(function, name=name, cachedir=tmp_path / "c", **options)

    return build


def kinds(explanation):
    return [reason.kind for reason in explanation.reasons]


def only(explanation, kind):
    assert kinds(explanation) == [kind], str(explanation)
    assert not explanation.fresh
    assert str(explanation.reasons[0]) in str(explanation)
    return explanation.reasons[0]


def test_fresh(made):
    f = made(lambda x: x)
    f(1)
    why = f.explain(1)
    assert why.fresh
    assert why.reasons == ()
    assert str(why).startswith(f"{__name__}.f: fresh")
    assert why.record is not None
    assert os.path.exists(why.record)


def test_never_ran(made):
    only(made(lambda x: x).explain(1), "never_ran")


def test_an_argument_changed_and_came_from_a_made_function(made):
    source = made(lambda n: np.arange(n), name="source")
    f = made(lambda x: None)
    f(source(3))
    reason = only(f.explain(source(4)), "argument_changed")
    assert (reason.name, reason.before, reason.after) == (
        "x", "ndarray int64 (3)", "ndarray int64 (4)",
    )  # fmt: skip
    assert reason.origin == f"{__name__}.source"


def test_the_same_arguments_in_another_order(made):
    f = made(lambda x, **more: x)
    f(1, a=1, b=2)
    only(f.explain(1, b=2, a=1), "arranged")


def test_the_label_changed(made):
    def body(x):
        return x

    made(body, version="1")(1)
    reason = only(made(body, version="2").explain(1), "label_changed")
    assert (reason.before, reason.after) == ("1", "2")


def test_an_argument_has_no_version(made):
    f = made(lambda x, n=1: None)
    f(1)
    with open(__file__) as file:
        reason = only(f.explain(file), "unversioned")
        assert reason.name == "x"
        assert kinds(f.explain(file, n=2)) == ["unversioned", "argument_changed"]


def test_the_function_changes_its_argument(made):
    f = made(lambda x: x.append(1))
    with pytest.warns(UserWarning, match="changed its argument"):
        f([])
    assert only(f.explain([]), "changed_by_itself").name == "x"


def test_arguments_share_what_the_function_changes(made):
    def body(x, y):
        x.append(1)
        return x

    f = made(body)
    f([], [])
    one = []
    only(f.explain(one, one), "shared")


def test_a_setting_changed(made, monkeypatch):
    f = made(lambda x: x + SETTINGS["fwhm"])
    f(1)
    monkeypatch.setitem(SETTINGS, "fwhm", 8)
    reason = only(f.explain(1), "implicit_changed")
    assert (reason.name, reason.before, reason.after) == (
        f"{__name__}.SETTINGS",
        "{'fwhm': 6}",
        "{'fwhm': 8}",
    )


def test_a_file_changed(made, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("1")
    f = made(lambda x: None)
    f(File(path))
    path.write_text("2")
    assert only(f.explain(File(path)), "source_changed").path == "data.csv"


def test_a_nested_call_changed(made, monkeypatch):
    """The code of the outer one does not show which it calls."""
    monkeypatch.setitem(TABLE, "inner", made(lambda x: x, name="inner"))
    f = made(lambda name: globals()["TABLE"][name](1))
    f("inner")
    assert f.explain("inner").fresh
    TABLE["inner"] = made(lambda x: x + 1, name="inner")
    reason = only(f.explain("inner"), "nested_changed")
    assert reason.name == f"{__name__}.inner"


def test_the_result_is_missing_or_changed_or_elsewhere_or_by_another_persister(made, tmp_path):
    path = tmp_path / "out.npy"

    def body(n):
        return np.arange(n)

    f = made(body, output=NumpyFile(path))
    f(3)
    elsewhere = made(body, output=NumpyFile(tmp_path / "b.npy"))
    reason = only(elsewhere.explain(3), "asked_elsewhere")
    assert (reason.before, reason.after) == ("out.npy", "b.npy")
    by_pickle = made(body, output=PickleFile(path))
    assert "persister_changed" in kinds(by_pickle.explain(3))
    np.save(path, np.arange(4))
    assert only(f.explain(3), "result_changed").path == str(path)
    path.unlink()
    assert only(f.explain(3), "result_missing").path == str(path)


def test_the_record_is_damaged_or_newer(made, tmp_path):
    f = made(lambda x: x)
    f(1)
    (record,) = records(tmp_path)
    text = record.read_text()
    record.write_text("{")
    reasons = made(lambda x: x).explain(1).reasons
    assert reasons[0].kind == "record_damaged"
    assert reasons[0].path == str(record)
    record.write_text(text.replace('"format": 1', '"format": 99'))
    assert made(lambda x: x).explain(1).reasons[0].kind == "record_newer"


def test_several_at_once(made, tmp_path, monkeypatch):
    path = tmp_path / "data.csv"
    path.write_text("1")
    f = made(lambda x, file, k=1: x + SETTINGS["fwhm"], output=PickleFile(tmp_path / "r"))
    f(1, File(path))
    path.write_text("2")
    monkeypatch.setitem(SETTINGS, "fwhm", 8)
    (tmp_path / "r").unlink()
    why = f.explain(2, File(path), k=3)
    assert kinds(why) == [
        "argument_changed", "argument_changed", "source_changed", "implicit_changed",
        "result_missing",
    ]  # fmt: skip


def test_the_nearest_of_several_records_is_compared(made):
    f = made(lambda x, y: None, keep="all")
    f(1, 1)
    f(2, 2)
    f(3, 3)
    assert [reason.name for reason in f.explain(1, 5).reasons] == ["y"]


def test_methods_and_coroutines_are_explained(made, tmp_path):
    class Model:
        @make(cachedir=tmp_path / "c")
        def fit(self, x):
            return x

        @make(cachedir=tmp_path / "c")
        async def wait(self, x):
            return x

    model = Model()
    only(model.wait.explain(1), "never_ran")
    model.fit(1)
    assert model.fit.explain(1).fresh
    assert only(model.fit.explain(2), "argument_changed").name == "x"


def test_arguments_that_do_not_fit_are_a_type_error(made):
    with pytest.raises(TypeError):
        made(lambda x: x).explain(1, 2)


def test_it_is_no_truth_value(made):
    with pytest.raises(TypeError, match="fresh"):
        bool(made(lambda x: x).explain(1))
