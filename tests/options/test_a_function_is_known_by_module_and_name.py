"""`name=`, scripts, and the place in the store."""

from counting import in_process, lines
from remade import events, make


def known_as(made, *args):
    seen = []
    with events(seen.append):
        made(*args)
    return seen[0].function


def test_by_module_and_qualified_name(tmp_path):
    def f():
        return 1

    here = "test_by_module_and_qualified_name.<locals>"
    assert known_as(make(f, cachedir=tmp_path)) == f"{__name__}.{here}.f"
    assert known_as(make(f, cachedir=tmp_path, name="g")) == f"{__name__}.g"


def test_names_of_any_text_have_a_folder_in_the_store(tmp_path):
    names = ["../../escape", "a/b", "x" * 500, "ä", "a\nb", "CON", ".", "a b", "a_b"]
    for name in names:
        made = make(lambda: [1, 2], cachedir=tmp_path / "store" / "c", name=name)
        assert [made(), made()] == [[1, 2], [1, 2]]
        assert made.cache_info().ran == 1, name
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["c"]


def test_a_script_is_known_by_its_own_name(tmp_path):
    script = """
        from remade import events, make
        @make
        def f():
            open("runs", "a").write("run\\n")
            return 1
        with events(lambda event: print(event.function, event.ran)):
            f()
    """
    assert in_process(tmp_path, script, name="pipeline.py")[0] == "pipeline.f True\n"
    assert in_process(tmp_path, script, name="pipeline.py")[0] == "pipeline.f False\n"
    # Imported, it is the same function.
    again = "import pipeline"
    assert in_process(tmp_path, again, name="other.py")[0] == "pipeline.f False\n"
    assert lines(tmp_path / "runs") == ["run"]


def test_paths_are_those_of_the_moment_of_decoration(tmp_path):
    script = """
        import os
        from remade import File, PickleFile, make
        os.mkdir("elsewhere")
        data = File("data.csv")
        @make(cachedir="store", output=PickleFile("out/f.pkl"))
        def f(file):
            with open(file) as stream:
                return stream.read()
        os.chdir("elsewhere")
        print(f(data), f(data), f.cache_info().ran)
    """
    (tmp_path / "data.csv").write_text("content")
    assert in_process(tmp_path, script)[0] == "content content 1\n"
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "out" / "f.pkl").exists()
    assert (tmp_path / "store" / "CACHEDIR.TAG").exists()


def test_cachedir_can_be_any_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for cachedir in ("deep/er/cache", tmp_path / "with space", "ünï", "."):
        made = make(lambda: 1, cachedir=cachedir)
        assert [made(), made()] == [1, 1]
        assert made.cache_info().ran == 1
