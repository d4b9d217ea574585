"""The chapter "Usecase": the output is saved, and the function runs only if it must."""

import pickle

from remade import PickleFile, make


def test_the_second_call_with_the_same_argument_does_not_run(tmp_path, capsys):
    cachedir = str(tmp_path)

    @make(cachedir=cachedir, output=PickleFile(cachedir + "/f_output"))
    def f(x):
        print(f"Running f({x})")
        return x

    assert f(1) == 1
    assert capsys.readouterr().out == "Running f(1)\n"
    assert f(1) == 1
    assert capsys.readouterr().out == ""
    assert f(2) == 2
    assert capsys.readouterr().out == "Running f(2)\n"


def test_the_output_lies_in_the_file_that_was_named_in_the_format_that_was_named(tmp_path):
    cachedir = str(tmp_path)

    @make(cachedir=cachedir, output=PickleFile(cachedir + "/f_output"))
    def f(x):
        return {"x": x}

    f(1)
    assert pickle.loads((tmp_path / "f_output").read_bytes()) == {"x": 1}
    f(2)
    assert pickle.loads((tmp_path / "f_output").read_bytes()) == {"x": 2}


def test_input_and_output_need_not_be_hashable(tmp_path, capsys):
    @make(cachedir=tmp_path / "cache", output=PickleFile(tmp_path / "f_output"))
    def f(x):
        print("Running")
        return {"seen": x}

    assert f([1, {"a": {2, 3}}]) == {"seen": [1, {"a": {2, 3}}]}
    assert f([1, {"a": {3, 2}}]) == {"seen": [1, {"a": {2, 3}}]}
    assert capsys.readouterr().out == "Running\n"
    f([1, {"a": {2, 4}}])
    assert capsys.readouterr().out == "Running\n"


def test_it_runs_again_if_its_code_has_changed(tmp_path, capsys):
    def made(body):
        space = {"__name__": "lab"}
        exec(f"def f(x):\n    print('Running')\n    return {body}", space)
        return make(space["f"], cachedir=tmp_path, output=PickleFile(tmp_path / "f_output"))

    assert made("x + 1")(1) == 2
    assert made("x + 1")(1) == 2
    assert capsys.readouterr().out == "Running\n"
    assert made("x + 2")(1) == 3
    assert capsys.readouterr().out == "Running\n"
