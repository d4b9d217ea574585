"""The first gotcha: with alternating arguments the function runs every time."""

from remade import make


def test_alternating_arguments_run_again(tmp_path, capsys):
    @make(cachedir=tmp_path, output=None)
    def f(x):
        print(f"Running f({x})")

    for x in (1, 2, 1):
        assert f(x) is None
        assert capsys.readouterr().out == f"Running f({x})\n"
    f(1)
    assert capsys.readouterr().out == ""


def test_names_of_their_own_keep_the_calls_apart(tmp_path, capsys):
    def f(x):
        print(f"Running f({x})")

    def g(x):
        return make(func=f, name=repr(x), cachedir=tmp_path, output=None)(x)

    g(1)
    g(2)
    assert capsys.readouterr().out == "Running f(1)\nRunning f(2)\n"
    g(1)
    g(2)
    assert capsys.readouterr().out == ""


def test_only_one_record_lies_in_the_store(tmp_path):
    @make(cachedir=tmp_path)
    def f(x):
        return "result" * 1000 + str(x)

    for x in range(5):
        f(x)
    info = f.cache_info()
    assert (info.records, info.ran) == (1, 5)
    assert len(list(tmp_path.rglob("*.pkl"))) == 1
