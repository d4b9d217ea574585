"""What stands in the text only, such as the arguments of a decorator that keeps the function as it is,
is told from the text that was imported: not from an older one, nor from one that was saved since.
"""

import importlib
import os
import subprocess
import sys

import pytest

# `marked` leaves no trace of its argument; `with_number` leaves it on the function.
TEXT = """
from remade import make

def marked(number):
    return lambda f: f

def with_number(number):
    def decorate(f):
        f.number = number
        return f
    return decorate

@make(cachedir={cache!r})
@{decorator}({number})
def times(x):
    print("ran", end=" ")
    return x * getattr(times, "number", 1)

@make(cachedir={cache!r})
@with_number({number})
def read(x):
    print("ran", end=" ")
    return x * read.number
"""

DECORATORS = ["marked", "with_number"]


def text(folder, decorator, number):
    return TEXT.format(cache=str(folder / "cache"), decorator=decorator, number=number)


def write(folder, decorator, number):
    path = folder / "text_of_import.py"
    path.write_text(text(folder, decorator, number))
    os.utime(path, (number, number))
    return path


@pytest.mark.parametrize("decorator", DECORATORS)
def test_after_a_reload_it_is_the_new_text(tmp_path, monkeypatch, capsys, decorator):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    write(tmp_path, decorator, 1)
    module = importlib.import_module("text_of_import")
    try:
        assert (module.times(10), module.read(10)) == (10, 10)
        write(tmp_path, decorator, 2)
        module = importlib.reload(module)
        capsys.readouterr()
        assert module.read(10) == 20
        assert module.times(10) == (10 if decorator == "marked" else 20)
        assert capsys.readouterr().out == "ran ran "
        assert module.read(10) == 20
        assert capsys.readouterr().out == ""
    finally:
        del sys.modules["text_of_import"]


@pytest.mark.parametrize("decorator", DECORATORS)
def test_a_file_saved_between_import_and_call_is_not_the_text_that_ran(tmp_path, decorator):
    def run(before_the_call):
        script = (
            f"import text_of_import as module\n{before_the_call}\n"
            "print(module.times(10), module.read(10))"
        )
        done = subprocess.run(
            [sys.executable, "-B", "-c", script],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    path = write(tmp_path, decorator, 1)
    save = f"open({str(path)!r}, 'w').write({text(tmp_path, decorator, 2)!r})"
    times = 10 if decorator == "marked" else 20
    assert run(save) == "ran ran 10 10"
    assert run("") == f"ran ran {times} 20"
    assert run("") == f"{times} 20"
