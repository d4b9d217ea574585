"""`remade.check` compares records and files, and `repair=True` mends what can be mended."""

import os
import threading

import numpy as np
import pytest

from counting import records
from remade import CheckReport, File, NumpyFile, PickleFile, Problem, check, make


@pytest.fixture
def lab(tmp_path):
    """Functions of every kind of result, each called once, and how often each ran."""
    cachedir, runs = tmp_path / "cache", []

    def made(name, **options):
        def decorate(body):
            def counted(x):
                runs.append(name)
                return body(x)

            return make(counted, name=name, cachedir=cachedir, **options)

        return decorate

    class Lab:
        functions = {
            "short": made("short")(lambda x: x + 1),
            "array": made("array")(lambda x: np.full(3000, x)),
            "pickle": made("pickle")(lambda x: {"x": {x}}),
            "named": made("named", output=NumpyFile(tmp_path / "n.npy"))(lambda x: np.full(9, x)),
            "two": made("two", output=(PickleFile(tmp_path / "t.pkl"), NumpyFile))(
                lambda x: ({x}, np.full(4, x))
            ),
            "writes": made("writes")(lambda x: written(tmp_path / "w.txt", x)),
        }

        def call(self):
            """Each value as text, and which functions ran."""
            runs.clear()
            values = {name: str(f(7)) for name, f in self.functions.items()}
            return values, list(runs)

    lab = Lab()
    lab.folder, lab.cachedir = tmp_path, cachedir
    lab.values, ran = lab.call()
    assert sorted(ran) == sorted(lab.functions)
    assert lab.call() == (lab.values, [])
    return lab


def written(path, x):
    path.write_text(str(x))
    return File(path)


def test_a_whole_store_is_told_to_be_whole(lab):
    report = check(lab.cachedir)
    assert isinstance(report, CheckReport)
    assert (report.ok, report.problems, report.running) == (True, (), 0)
    assert (report.records, report.files) == (6, 5)
    assert str(report) == f"{lab.cachedir}: 6 records, 5 files, 0 problems"
    assert check(str(lab.cachedir), repair=True) == report
    assert lab.call() == (lab.values, [])


@pytest.mark.parametrize("name", ["array", "pickle"])
def test_one_damaged_result_runs_one_function(lab, name):
    made = lab.functions[name]
    path = made.output_path(7)
    content = bytearray(open(path, "rb").read())
    content[-2] ^= 4
    with open(path, "wb") as file:
        file.write(content)
    (problem,) = check(lab.cachedir).problems
    assert isinstance(problem, Problem)
    assert (problem.kind, problem.path, problem.repaired) == ("result_changed", path, False)
    assert problem.function == f"{__name__}.{name}"
    report = check(lab.cachedir, repair=True)
    assert [one.repaired for one in report.problems] == [True]
    assert report.ok
    assert check(lab.cachedir).problems == ()
    assert lab.call() == (lab.values, [name])


def test_what_a_person_changed_is_told_and_kept(lab):
    np.save(lab.folder / "n.npy", np.zeros(9))
    report = check(lab.cachedir, repair=True)
    (problem,) = report.problems
    assert (problem.kind, problem.repair, problem.repaired) == ("result_changed", None, False)
    assert not report.ok
    assert not np.load(lab.folder / "n.npy").any()
    lab.functions["named"].accept(7, reason="corrected")
    assert check(lab.cachedir).problems == ()
    assert not lab.functions["named"](7).any()


def test_a_file_that_the_function_wrote_is_read_as_well(lab):
    (lab.folder / "w.txt").unlink()
    assert [one.kind for one in check(lab.cachedir).problems] == ["result_missing"]
    assert check(lab.cachedir, repair=True).ok
    assert lab.call() == (lab.values, ["writes"])


def test_every_record_damaged(lab):
    for path in records(lab.cachedir):
        path.write_text(path.read_text().replace("seconds", "Seconds"))
    kinds = [one.kind for one in check(lab.cachedir, repair=True).problems]
    assert sorted(kinds) == ["record_damaged"] * 6 + ["unexplained"] * 3
    assert check(lab.cachedir).problems == ()
    assert lab.call()[0] == lab.values
    assert lab.call() == (lab.values, [])


def test_a_copy_elsewhere_is_whole(lab, tmp_path_factory):
    import shutil

    other = tmp_path_factory.mktemp("other") / "project"
    shutil.copytree(lab.folder, other)
    assert check(other / "cache").problems == ()
    (other / "t.pkl").unlink()
    (problem,) = check(other / "cache").problems
    assert problem.path == str(other / "t.pkl")
    assert check(lab.cachedir).problems == ()


def test_it_is_whole_at_every_moment_while_others_write(lab):
    """A check that repairs disturbs nobody, and takes nothing for a problem that is being done."""
    stop, errors = threading.Event(), []

    def work(name):
        number = 0
        while not stop.is_set():
            number += 1
            try:
                value = lab.functions[name](number)
                again = lab.functions[name](number)
                assert str(value) == str(again)
            except Exception as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=work, args=[name]) for name in ("array", "two", "named")]
    for thread in threads:
        thread.start()
    try:
        for repair in [False, True] * 20:
            found = check(lab.cachedir, repair=repair).problems
            # A name that was just taken: whoever took it forgets the earlier call next.
            assert {one.kind for one in found} <= {"result_replaced"}, found
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []


def test_the_words(lab):
    os.remove(lab.functions["array"].output_path(7))
    report = check(lab.cachedir, repair=True)
    assert "1 problem\n  result_missing: " in str(report)
    assert "repaired: the call is forgotten" in str(report)
    with pytest.raises(TypeError, match="ask a report for what you want to know"):
        bool(report)


@pytest.mark.parametrize("what", ["nothing", "folder", "file"])
def test_where_there_is_no_store(tmp_path, what):
    if what == "folder":
        (tmp_path / "cache").mkdir()
    elif what == "file":
        (tmp_path / "cache").write_text("important")
    with pytest.raises(FileNotFoundError, match="there is no store in .*cache"):
        check(tmp_path / "cache", repair=True)
    assert what == "nothing" or list(tmp_path.iterdir()) == [tmp_path / "cache"]
    assert what != "folder" or list((tmp_path / "cache").iterdir()) == []
