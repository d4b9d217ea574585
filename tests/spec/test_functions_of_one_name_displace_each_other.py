"""The second gotcha: a function is known by its name, and all lambdas have one name."""

from remade import make


def my_print(x):
    print(x)


def test_a_different_function_of_the_same_name_runs_again(tmp_path, capsys):
    @make(cachedir=tmp_path, output=None)
    def f(x):
        print(f"Running f({x})")

    g = f

    @make(cachedir=tmp_path, output=None)
    def f(x):
        print(f"Running a different f({x})")

    for _ in range(2):
        f(1)
        assert capsys.readouterr().out == "Running a different f(1)\n"
        g(1)
        assert capsys.readouterr().out == "Running f(1)\n"
    g(1)
    assert capsys.readouterr().out == ""


def test_all_lambdas_have_one_name(tmp_path, capsys):
    f = make(func=lambda: my_print(1), cachedir=tmp_path)
    g = make(func=lambda: my_print(2), cachedir=tmp_path)

    f()
    g()
    f()
    assert capsys.readouterr().out == "1\n2\n1\n"


def test_lambdas_with_names_of_their_own_do_not_displace_each_other(tmp_path, capsys):
    f = make(func=lambda: my_print(1), cachedir=tmp_path, name="f")
    g = make(func=lambda: my_print(2), cachedir=tmp_path, name="g")

    f()
    g()
    assert capsys.readouterr().out == "1\n2\n"
    f()
    g()
    assert capsys.readouterr().out == ""


def test_the_same_name_in_another_store_is_another_place(tmp_path, capsys):
    f = make(func=lambda: my_print(1), cachedir=tmp_path / "one")
    g = make(func=lambda: my_print(2), cachedir=tmp_path / "two")
    for _ in range(2):
        f()
        g()
    assert capsys.readouterr().out == "1\n2\n"
