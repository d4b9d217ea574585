"""A result that was changed by hand, or that no record explains, is moved aside before a run."""

import json

import numpy as np
import pytest

from counting import aside, records, staged, told, warned
from remade import NumpyFile, Persister, PickleFile, make


class Text(Persister):
    extension = ".txt"

    def save(self, value):
        with open(self.filename, "w") as file:
            file.write(str(value))

    def load(self):
        with open(self.filename) as file:
            return file.read()


@pytest.fixture
def made(tmp_path):
    return make(
        lambda n: np.arange(n), cachedir=tmp_path / "c", output=NumpyFile(tmp_path / "mask.npy")
    )


def test_a_result_that_was_changed_by_hand(made, tmp_path):
    made(3)
    np.save(tmp_path / "mask.npy", [7, 7, 7])
    with told() as seen, warned((str(tmp_path / "mask.npy"), "changed by hand", ".by-hand-")):
        np.testing.assert_array_equal(made(3), [0, 1, 2])
    assert "mask.npy" in seen[0].reasons[0]
    (kept,) = aside(tmp_path)
    assert kept.startswith("mask.by-hand-")
    assert kept.endswith(".npy")
    np.testing.assert_array_equal(np.load(tmp_path / kept), [7, 7, 7])
    np.testing.assert_array_equal(np.load(tmp_path / "mask.npy"), [0, 1, 2])
    assert made.check_call_in_cache(3)


def test_also_when_another_call_would_replace_it(made, tmp_path):
    made(3)
    np.save(tmp_path / "mask.npy", [7, 7, 7])
    with warned("changed by hand"):
        made(4)
    assert len(aside(tmp_path)) == 1


def test_also_when_it_is_asked_for_explicitly(made, tmp_path):
    made(3)
    np.save(tmp_path / "mask.npy", [7, 7, 7])
    with warned("changed by hand"):
        made.call(3)
    assert len(aside(tmp_path)) == 1


def test_every_edit_is_kept_also_within_one_second(made, tmp_path):
    for edit in range(5):
        made(3)
        np.save(tmp_path / "mask.npy", [edit] * 3)
        with warned("changed by hand"):
            made(3)
    edits = sorted(int(np.load(tmp_path / name)[0]) for name in aside(tmp_path))
    assert edits == [0, 1, 2, 3, 4]


def test_an_edit_that_kept_the_size(tmp_path):
    made = make(lambda: "text", cachedir=tmp_path / "c", output=Text(tmp_path / "f.txt"))
    made()
    made()
    (tmp_path / "f.txt").write_text("hand")
    with warned("changed by hand"):
        assert made() == "text"
    assert [(tmp_path / name).read_text() for name in aside(tmp_path)] == ["hand"]


def test_a_file_that_was_there_before_the_first_run(made, tmp_path):
    np.save(tmp_path / "mask.npy", [7, 7, 7])
    with warned("no record explains it"):
        np.testing.assert_array_equal(made(3), [0, 1, 2])
    assert len(aside(tmp_path)) == 1


def test_a_file_without_its_store(made, tmp_path):
    import shutil

    made(3)
    shutil.rmtree(tmp_path / "c")
    with warned("no record explains it"):
        made(4)
    assert len(aside(tmp_path)) == 1


def test_what_is_made_again_exactly_is_not_moved(made, tmp_path):
    import shutil

    made(3)
    shutil.rmtree(tmp_path / "c")
    made(3)
    np.save(tmp_path / "mask.npy", [7, 7, 7])
    np.save(tmp_path / "mask.npy", [0, 1, 2])  # and changed back
    made(3)
    assert aside(tmp_path) == []


def test_a_file_whose_record_is_damaged(made, tmp_path):
    made(3)
    for record in records(tmp_path):
        record.write_text("{}")
    with warned("runs again"):
        made(3)
    assert aside(tmp_path) == []
    for record in records(tmp_path):
        record.write_text("{}")
    with warned("no record explains it"):
        made(4)
    assert len(aside(tmp_path)) == 1


@pytest.mark.parametrize(
    "name",
    ["f", "f.txt", "f.nii.gz", ".hidden", "a b.txt", "ünï.txt", "f.by-hand-x.txt", "x" * 230],
)
def test_the_second_name_tells_what_it_is_and_keeps_the_extension(tmp_path, name):
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / name
    path.write_text("by hand")
    made = make(lambda: "x", cachedir=tmp_path / "c", output=Text(path))
    with warned("no record explains it"):
        made()
    others = [one for one in path.parent.iterdir() if one != path]
    assert [one.read_text() for one in others] == ["by hand"]
    assert ".by-hand-" in others[0].name
    assert others[0].name.endswith("".join(path.suffixes))
    assert path.read_text() == "x"


def test_a_file_that_the_engine_named_may_be_replaced(tmp_path):
    made = make(lambda n: np.arange(n), cachedir=tmp_path)
    made(3)
    path = next(tmp_path.rglob("*.npy"))
    np.save(path, [7])
    with warned("is not what was saved there"):
        np.testing.assert_array_equal(made(3), [0, 1, 2])
    assert list(tmp_path.rglob("*by-hand*")) == []


def test_a_run_that_fails_leaves_an_edit_where_it_is(tmp_path):
    results = [[1], lambda: 2]
    made = make(
        lambda n: results[n], cachedir=tmp_path / "c", output=PickleFile(tmp_path / "f.pkl")
    )
    made(0)
    (tmp_path / "f.pkl").write_bytes(b"by hand")
    with warned("could not be saved"):
        made(1)
    assert (tmp_path / "f.pkl").read_bytes() == b"by hand"
    assert staged(tmp_path) == []
    with warned("changed by hand"):
        made(0)
    assert len(aside(tmp_path)) == 1


def test_pruning_deletes_no_file_that_the_user_named(tmp_path):
    output = PickleFile(tmp_path / "f-{n}.pkl")
    made = make(lambda n: [n], cachedir=tmp_path / "c", output=output, keep=2)
    for n in range(6):
        made(n)
    assert len(list(tmp_path.glob("f-*.pkl"))) == 6
    (tmp_path / "f-0.pkl").write_bytes(b"by hand")
    with warned("changed by hand"):
        made(0)
    assert len(aside(tmp_path)) == 1
    made(1)
    assert len(aside(tmp_path)) == 1


def test_a_record_names_its_files_relative_to_the_project(made, tmp_path):
    made(3)
    (record,) = records(tmp_path)
    text, _ = json.JSONDecoder().raw_decode(record.read_text())
    assert [result["file"]["path"] for result in text["results"]] == ["mask.npy"]
    assert str(tmp_path) not in record.read_text()
