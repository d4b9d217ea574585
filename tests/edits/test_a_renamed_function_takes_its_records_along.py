"""`was=` names what a function was called: its results come over, for what is still the same code."""

import json

import pytest

from counting import aside, records
from remade import NumpyFile, make

MODULE = """
    from remade import NumpyFile, make
    from marks import mark

    SETTINGS = {{"factor": 2}}

    def helper(x):
        return x * SETTINGS["factor"]

    @make({options})
    def {name}(x):
        mark("run")
        return helper(x)
"""


def module(name, options=""):
    return MODULE.format(name=name, options=options)


@pytest.fixture
def lab(shop):
    shop.write(old=module("smooth"))
    assert shop.call("smooth(3)", "old") == (6, ["run"])
    (shop.folder / "old.py").unlink()
    return shop


def test_a_renamed_function(lab):
    lab.write(old=module("blur", 'was="old.smooth"'))
    assert lab.call("blur.check_call_in_cache(3)", "old") == (True, [])
    assert lab.call("blur(3)", "old") == (6, [])
    assert lab.call("blur.load()", "old") == (6, [])
    lab.write(old=module("blur"))  # it is needed once
    assert lab.call("blur(3)", "old") == (6, [])


def test_a_moved_function(lab):
    """With its setting, which is found in the module of now."""
    lab.write(new=module("smooth", 'was="old.smooth"'))
    assert lab.call("smooth(3)", "new") == (6, [])
    lab.edit("new", '"factor": 2', '"factor": 5')
    assert lab.call("smooth(3)", "new") == (15, ["run"])


def test_a_function_that_was_renamed_and_moved_into_a_class(lab):
    lab.write(new=module("blur", 'was="old.smooth"'))
    assert lab.call("blur(3)", "new") == (6, [])
    (record,) = records(lab.folder)
    content = json.loads(record.read_text())
    assert (content["function"], content["was"]) == ("new.blur", "old.smooth")


def test_code_that_changed_runs_and_says_so(lab):
    lab.write(new=module("blur", 'was=("older.smooth", "old.smooth")'))
    lab.edit("new", "x * SETTINGS", "x + SETTINGS")
    why, _ = lab.call("[reason.kind for reason in blur.explain(3).reasons]", "new")
    assert why == ["code_changed"]
    assert lab.call("blur(3)", "new") == (5, ["run"])


def test_only_while_it_has_no_records_of_its_own(shop):
    shop.write(old=module("smooth"), new=module("blur"))
    shop.call("smooth(3)", "old"), shop.call("blur(4)", "new")
    shop.write(new=module("blur", 'was="old.smooth"'))
    assert shop.call("blur(3)", "new") == (6, ["run"])
    assert shop.call("smooth(3)", "old") == (6, [])


def test_a_file_of_the_users_stays_where_it_is_and_an_edit_is_kept(tmp_path):
    np = pytest.importorskip("numpy")
    path = tmp_path / "mask.npy"

    def build(name, **options):
        return make(
            lambda: np.arange(3), name=name, cachedir=tmp_path / "c", output=NumpyFile(path),
            **options,
        )  # fmt: skip

    build("old")()
    inode = path.stat().st_ino
    new = build("new", was=f"{__name__}.old")
    assert new().tolist() == [0, 1, 2]
    assert (new.cache_info().ran, path.stat().st_ino) == (0, inode)
    np.save(path, [7])
    newer = build("newer", was=f"{__name__}.new")
    with pytest.warns(UserWarning, match="changed by hand"):
        newer()
    assert len(aside(tmp_path)) == 1


@pytest.mark.parametrize("was", ["smooth", "old.", ".smooth", "old..smooth", ""])
def test_a_name_without_its_module_is_refused(was):
    with pytest.raises(ValueError, match=r'was="old\.module\.name"'):
        make(was=was)


@pytest.mark.parametrize("was", [1, [1], b"old.smooth"])
def test_what_is_no_name_is_refused(was):
    with pytest.raises(TypeError, match="was takes"):
        make(was=was)
