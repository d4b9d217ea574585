"""`keep=1`, `keep=N`, `keep="all"`."""

import pytest

from counting import records, warned
from remade import NumpyFile, PickleFile, make


def runs_of(made, *arguments):
    before = made.cache_info().ran
    for argument in arguments:
        assert made(argument) == [argument] * 4000
    return made.cache_info().ran - before


def test_the_last_n_are_kept(tmp_path):
    made = make(lambda x: [x] * 4000, cachedir=tmp_path, keep=3)
    assert runs_of(made, 1, 2, 3, 1, 2, 3) == 3
    assert runs_of(made, 4, 2, 3, 4) == 1  # the first is forgotten
    assert runs_of(made, 1) == 1
    assert len(records(tmp_path)) == 3
    assert len(list(tmp_path.rglob("*.pkl"))) == 3


def test_all_are_kept(tmp_path):
    made = make(lambda x: [x] * 4000, cachedir=tmp_path, keep="all")
    assert runs_of(made, *range(20), *range(20)) == 20
    assert made.cache_info().records == 20


def test_with_fewer_asked_for_the_older_ones_go_at_the_next_run(tmp_path):
    def f(x):
        return [x] * 4000

    assert runs_of(make(f, cachedir=tmp_path, keep="all"), *range(6)) == 6
    assert runs_of(make(f, cachedir=tmp_path, keep=2), 5, 6) == 1
    assert len(records(tmp_path)) == 2


def test_each_call_has_a_file_of_its_own(tmp_path):
    output = PickleFile(tmp_path / "out" / "f-{x}-{y:03d}.pkl")
    made = make(lambda x, y=7: (x, y), cachedir=tmp_path / "c", keep="all", output=output)
    for x in ("a", "b", "a", "b"):
        assert made(x) == (x, 7)
    assert made.cache_info().ran == 2
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "f-a-007.pkl",
        "f-b-007.pkl",
    ]
    assert made.output_path("a") == str(tmp_path / "out" / "f-a-007.pkl")


def test_files_that_the_user_named_stay_when_their_call_is_forgotten(tmp_path):
    output = PickleFile(tmp_path / "f-{x}.pkl")
    made = make(lambda x: [x] * 4000, cachedir=tmp_path / "c", keep=1, output=output)
    assert runs_of(made, 1, 2) == 2
    assert (tmp_path / "f-1.pkl").exists()
    assert runs_of(made, 1) == 1  # and it is not taken for the work of a person
    assert len(list(tmp_path.glob("f-*"))) == 2


def test_two_calls_that_share_a_file_never_give_each_other_s_result(tmp_path):
    output = PickleFile(tmp_path / "f-{x}.pkl")
    made = make(lambda x, y: (x, y), cachedir=tmp_path / "c", keep="all", output=output)
    for y in (1, 2, 1, 1, 2):
        assert made(0, y) == (0, y)
    assert made.cache_info().ran == 4
    assert [path.name for path in tmp_path.glob("f-*")] == ["f-0.pkl"]


def test_braces_are_doubled_for_a_brace(tmp_path):
    made = make(lambda x: x, cachedir=tmp_path, output=PickleFile(tmp_path / "f-{{x}}.pkl"))
    assert [made(1), made(1)] == [1, 1]
    assert made.cache_info().ran == 1
    assert (tmp_path / "f-{x}.pkl").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"keep": 0}, "from 1 on"),
        ({"keep": -1}, "from 1 on"),
        ({"keep": True}, 'a number or "all"'),
        ({"keep": 1.0}, 'a number or "all"'),
        ({"keep": "some"}, 'a number or "all"'),
        ({"keep": 3, "output": PickleFile("f.pkl")}, "f-{x}.npy"),
        ({"keep": "all", "output": PickleFile("f.pkl")}, "keep=1"),
        ({"keep": 2, "output": (PickleFile("f-{x}.pkl"), NumpyFile("g.npy"))}, "g.npy is one file"),
        ({"output": PickleFile("f-{z}.pkl")}, "no parameter z; there are: x, y"),
        ({"output": PickleFile("f-{y}.pkl"), "ignore": ("y",)}, "the parameter y is ignored"),
        ({"output": PickleFile("f-{x.real}.pkl")}, "not the plain name of a parameter"),
        ({"output": PickleFile("f-{x!r}.pkl")}, "not the plain name of a parameter"),
        ({"output": PickleFile("f-{}.pkl")}, "not the plain name of a parameter"),
        ({"output": PickleFile("f-{0}.pkl")}, "not the plain name of a parameter"),
        ({"output": PickleFile("f-{x.pkl")}, "double braces"),
        ({"output": PickleFile("folder/")}, "name a file in it"),
        ({"output": PickleFile("")}, "text"),
        ({"output": (PickleFile("f.pkl"), PickleFile("./f.pkl"))}, "twice"),
    ],
)
def test_what_cannot_be_is_refused_at_decoration(options, sentence):
    with pytest.raises((ValueError, TypeError)) as refusal:
        make(lambda x, y=1: x, **options)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("value", ["../out", "a/b", "..", ".", "", "a\0b"])
def test_a_value_that_would_leave_the_folder_is_refused_before_the_run(tmp_path, value):
    runs = []
    output = PickleFile(tmp_path / "f" / "{x}")
    made = make(lambda x: runs.append(x), cachedir=tmp_path / "c", output=output)
    with pytest.raises(ValueError, match="cannot be part of a file name"):
        made(value)
    assert runs == []
    assert not (tmp_path / "f").exists()


def test_a_value_that_does_not_fit_the_format_is_named_before_the_run(tmp_path):
    runs = []
    output = PickleFile(tmp_path / "f-{a:03d}.pkl")
    made = make(lambda a: runs.append(a), cachedir=tmp_path / "c", output=output)
    for value, shown in [("one", "str 'one'"), ([1], "list")]:
        with pytest.raises(ValueError, match="does not fit {a:03d}") as refusal:
            made(value)
        assert f"{tmp_path / 'f-{a:03d}.pkl'}: the parameter a is {shown}" in str(refusal.value)
    assert runs == []
    made(1)
    assert made.output_path(1) == str(tmp_path / "f-001.pkl")


def test_two_results_of_one_call_in_one_file_are_refused_before_the_run(tmp_path):
    runs = []
    output = (PickleFile(tmp_path / "{x}.pkl"), PickleFile(tmp_path / "{y}.pkl"))
    made = make(lambda x, y: runs.append(x), cachedir=tmp_path / "c", output=output)
    with pytest.raises(ValueError, match="would share the file"):
        made(1, 1)
    assert runs == []


def test_a_format_that_does_not_suit_the_value_is_told_before_the_run(tmp_path):
    runs = []
    made = make(
        lambda x: runs.append(x), cachedir=tmp_path / "c", output=PickleFile(tmp_path / "{x:03d}")
    )
    with pytest.raises(ValueError, match="format"):
        made("text")
    assert runs == []
    with warned():
        made(7)
    assert (tmp_path / "007").exists()
