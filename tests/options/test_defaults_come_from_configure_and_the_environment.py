"""The decorator wins over `configure`, that over the environment, that over what is built in."""

import os

import pytest

from counting import in_process, quiet

__all__ = ["quiet"]

PROGRAM = """
    import os, remade, sys, types, warnings
    warnings.simplefilter("ignore", remade.RemadeWarning)
    remade.configure(**eval(sys.argv[2]))
    @remade.make(**eval(sys.argv[1]))
    def f(x):
        return x.a
    for number in (1, 2, 2):
        f(types.SimpleNamespace(a=number))
    stores = [name for name in os.listdir() if name != "program.py"]
    print(*stores, f.cache_info().records, f.cache_info().ran)
"""


@pytest.mark.parametrize(
    ("variables", "configured", "options", "expected"),
    [
        ({}, {}, {}, "cache 1 2"),
        ({"CACHEDIR": "", "KEEP": ""}, {}, {}, "cache 1 2"),
        ({"CACHEDIR": "of env", "KEEP": "all"}, {}, {}, "of env 2 2"),
        ({"CACHEDIR": "e"}, {"cachedir": "c", "keep": 2}, {}, "c 2 2"),
        ({"KEEP": "5"}, {"cachedir": "c", "keep": 2}, {"cachedir": "d", "keep": 1}, "d 1 2"),
        ({"KEEP": "5"}, {"cachedir": "c"}, {"cachedir": None, "keep": None}, "c 2 2"),
        ({"UNKNOWN": "rerun"}, {}, {}, "cache 0 3"),
        ({"UNKNOWN": "rerun"}, {"unknown": "content"}, {}, "cache 1 2"),
        ({}, {"unknown": "rerun"}, {"unknown": "content"}, "cache 1 2"),
    ],
)
def test_who_wins(variables, configured, options, expected, tmp_path, monkeypatch):
    for name, text in variables.items():
        monkeypatch.setenv(f"REMADE_{name}", text)
    out, _ = in_process(tmp_path, PROGRAM, repr(options), repr(configured))
    stores, records, runs = out.strip().rsplit(" ", 2)
    # A record of a call that never is fresh may lie there or not.
    records = "0" if runs == "3" else records
    assert f"{stores} {records} {runs}" == expected


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("REMADE_VERIFY", "maybe", "1, true, yes or on"),
        ("REMADE_DEBUG", "2", "1, true, yes or on"),
        ("REMADE_RAISE_ERRORS", "-", "0, false, no or off"),
        ("REMADE_UNKNOWN", "ask", '"content" or "rerun"'),
        ("REMADE_DURABLE", "yes", '"auto", "always" or "never"'),
        ("REMADE_KEEP", "0", 'a number from 1 on, or "all"'),
        ("REMADE_KEEP", "-1", 'a number from 1 on, or "all"'),
        ("REMADE_KEEP", "many", 'a number from 1 on, or "all"'),
    ],
)
def test_a_variable_that_cannot_be_is_told_at_decoration(
    name, text, allowed, tmp_path, monkeypatch
):
    monkeypatch.setenv(name, text)
    program = """
        import remade
        remade.configure(verify=True)
        for _ in range(2):
            try:
                remade.make(abs, cachedir="c", keep=1, unknown="content", debug=False)
            except ValueError as error:
                print(error)
    """
    out, _ = in_process(tmp_path, program)
    one, two = out.splitlines()
    assert one == two
    for part in (name, repr(text), allowed):
        assert part in one


@pytest.mark.parametrize("text", ["~", "~/somewhere"])
def test_a_home_that_nobody_put_in_is_told(text, tmp_path, monkeypatch):
    monkeypatch.setenv("REMADE_CACHEDIR", text)
    program = """
        import remade
        for options in ({}, {"cachedir": "c"}):
            try:
                remade.make(abs, **options)
            except ValueError as error:
                print(error)
    """
    out, _ = in_process(tmp_path, program)
    one, two = out.splitlines()
    assert one == two
    for part in ("REMADE_CACHEDIR", repr(text), f"write {os.path.expanduser(text)};"):
        assert part in one
    assert os.listdir(tmp_path) == ["program.py"]


@pytest.mark.parametrize("text", ["./~/somewhere", "~somewhere"])
def test_a_folder_with_a_tilde_is_a_folder(text, tmp_path, monkeypatch):
    monkeypatch.setenv("REMADE_CACHEDIR", text)
    in_process(tmp_path, "import remade\nassert remade.make(abs)(-1) == 1")
    assert (tmp_path / text / "CACHEDIR.TAG").exists()


@pytest.mark.parametrize("text", ["1", "true", "YES", "On"])
def test_words_for_yes(text, tmp_path, monkeypatch):
    monkeypatch.setenv("REMADE_RAISE_ERRORS", text)
    program = """
        import remade
        @remade.make
        def f():
            return lambda: 1
        try:
            f()
        except remade.SaveError as error:
            print(error.value())
    """
    assert in_process(tmp_path, program)[0] == "1\n"
