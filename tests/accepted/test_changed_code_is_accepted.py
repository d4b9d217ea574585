"""Code that was changed in a way that does not matter keeps the stored result, and says who said so."""

import json

import pytest

import steps
from counting import records
from remade import NumpyFile, PickleFile, make

TABLE = {}
EDIT = ("main", "doubled = helpers.double(x)", "doubled = 2 * x")


@pytest.fixture
def lab(shop):
    steps.write(shop)
    return shop


def test_it_is_fresh_in_every_process(lab):
    value, _ = lab.call("downstream(f(5))")
    lab.edit(*EDIT)
    assert lab.call("f.accept(5, reason='the same in fewer words')") == (None, [])
    assert lab.call("downstream(f(5))") == (value, [])
    lab.edit(*reversed_edit())
    assert lab.call("f.check_call_in_cache(5)") == (False, [])


def reversed_edit():
    module, old, new = EDIT
    return module, new, old


def test_record_and_explanation_tell_who_when_and_why(lab):
    lab.call("f(5)")
    lab.edit(*EDIT)
    lab.call("f.accept(5, reason='the same in fewer words')")
    (record,) = (path for path in records(lab.folder) if "main.f-" in str(path))
    (entry,) = json.loads(record.read_text())["accepted"]
    assert entry["why"] == "the same in fewer words"
    assert entry["what"][0].startswith("code changed: main.f")
    assert entry["who"]
    assert entry["when"].startswith("20")
    text, _ = lab.call("str(f.explain(5))")
    assert f"accepted by {entry['who']} at {entry['when']}: the same in fewer words" in text
    lab.edit("main", "bias=1000", "bias=2000")
    lab.call("f(5)")
    (record,) = (path for path in records(lab.folder) if "main.f-" in str(path))
    assert "accepted" not in json.loads(record.read_text())


def build(tmp_path, function, **options):
    return make(function, name="f", cachedir=tmp_path / "c", **options)


def one(x):
    return {"value": [x]}


def other(x):
    values = [x]
    return {"value": values}


@pytest.mark.parametrize("keep", [1, 2, "all"])
@pytest.mark.parametrize("place", ["named", "chosen", "short", "several"])
def test_wherever_the_result_is(tmp_path, keep, place):
    output = {
        "named": PickleFile(tmp_path / "f-{x}"),
        "chosen": PickleFile,
        "short": None,
        "several": {"value": PickleFile},
    }[place]
    before = build(tmp_path, one, output=output, keep=keep)
    before(1), before(2)
    after = build(tmp_path, other, output=output, keep=keep)
    after.accept(2, reason="a name for it")
    again = build(tmp_path, other, output=output, keep=keep)
    assert again(2) == {"value": [2]}
    assert again.load() == {"value": [2]}
    assert again.cache_info().ran == 0
    # The earlier code still answers where more than one result is kept.
    assert before.check_call_in_cache(2) == (keep != 1)
    assert before.check_call_in_cache(1) == (keep == "all")
    files = {"named": 0, "short": 0}.get(place, len(records(tmp_path)))
    assert len(list((tmp_path / "c").rglob("*.pkl"))) == files


def test_a_file_of_the_users_is_not_touched(tmp_path):
    before = build(tmp_path, one, output=PickleFile(tmp_path / "f"))
    before(1)
    stat = (tmp_path / "f").stat()
    build(tmp_path, other, output=PickleFile(tmp_path / "f")).accept(1, reason="r")
    now = (tmp_path / "f").stat()
    assert (now.st_ino, now.st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)


def test_what_is_fresh_is_left_as_it_is(tmp_path):
    made = build(tmp_path, one)
    made(1)
    (record,) = records(tmp_path)
    before = record.read_bytes()
    made.accept(1, reason="nothing changed")
    assert record.read_bytes() == before


def test_a_nested_function_and_a_label_are_code_too(tmp_path):
    def build_both(inner, label):
        TABLE["inner"] = make(inner, name="inner", cachedir=tmp_path / "c")
        return make(
            lambda name: globals()["TABLE"][name](1), name="outer", cachedir=tmp_path / "c",
            version=label,
        )  # fmt: skip

    outer = build_both(one, "1")
    value = outer("inner")
    outer = build_both(other, "2")
    kinds = [reason.kind for reason in outer.explain("inner").reasons]
    assert kinds == ["label_changed", "nested_changed"]
    assert not outer.check_call_in_cache("inner")
    outer.accept("inner", reason="the same")
    assert outer("inner") == value
    assert outer.cache_info().ran == 0


def test_methods_and_coroutines(tmp_path):
    import asyncio

    def build_class(label):
        class Model:
            @make(cachedir=tmp_path / "c", version=label, name="fit")
            def fit(self, x):
                return x

            @make(cachedir=tmp_path / "c", version=label, name="wait")
            async def wait(self, x):
                return x

            def __reduce__(self):
                return str, ()

        return Model()

    model = build_class("1")
    model.fit(1), asyncio.run(model.wait(1))
    model = build_class("2")
    model.fit.accept(1, reason="r")
    model.wait.accept(1, reason="r")
    assert (model.fit(1), asyncio.run(model.wait(1))) == (1, 1)
    assert (model.fit.cache_info().ran, model.wait.cache_info().ran) == (0, 0)


def test_a_parameter_called_reason_is_given_by_its_place(tmp_path):
    made = make(lambda reason: reason, name="f", cachedir=tmp_path / "c", version="1")
    made("mine")
    made = make(lambda reason: reason, name="f", cachedir=tmp_path / "c", version="2")
    made.accept("mine", reason="r")
    assert made("mine") == "mine"
    assert made.cache_info().ran == 0


def test_an_array_keeps_its_version(tmp_path):
    """What depends on it stays fresh in this process and by content."""
    np = pytest.importorskip("numpy")
    runs = []
    use = make(lambda a: runs.append(1), name="use", cachedir=tmp_path / "c")

    def arrays(label):
        return make(
            lambda n: np.arange(n), name="f", cachedir=tmp_path / "c", version=label,
            output=NumpyFile,
        )  # fmt: skip

    use(arrays("1")(5))
    after = arrays("2")
    after.accept(5, reason="r")
    use(after(5)), use(np.arange(5))
    assert runs == [1]
