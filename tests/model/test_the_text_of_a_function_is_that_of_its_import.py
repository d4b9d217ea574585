"""What stands in the text only, such as the arguments of a decorator that keeps the function as it is,
is told from the text that was imported: not from an older one, nor from one that was saved since.
"""

import importlib
import os
import subprocess
import sys

import pytest

TEXT = """
from remade import make

def keep(f, number):
    f.number = number

def with_number(number):
    def decorate(f):
        keep(f, number)
        return f
    return decorate

@make(cachedir={cache!r})
@with_number({number})
def times(x):
    return x * times.number
"""


def write(folder, number):
    path = folder / "text_of_import.py"
    path.write_text(TEXT.format(cache=str(folder / "cache"), number=number))
    os.utime(path, (number, number))
    return path


@pytest.mark.xfail(reason="the text of the first import is kept by linecache", strict=True)
def test_after_a_reload_it_is_the_new_text(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    write(tmp_path, 1)
    module = importlib.import_module("text_of_import")
    try:
        assert module.times(10) == 10
        write(tmp_path, 2)
        module = importlib.reload(module)
        assert module.times(10) == 20
    finally:
        del sys.modules["text_of_import"]


@pytest.mark.xfail(
    reason="the text is read at the first call, not when it is imported", strict=True
)
def test_a_file_saved_between_import_and_call_is_not_the_text_that_ran(tmp_path):
    def run(before_the_call):
        script = f"import text_of_import as module\n{before_the_call}\nprint(module.times(10))"
        done = subprocess.run(
            [sys.executable, "-B", "-c", script],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    path = write(tmp_path, 1)
    text = TEXT.format(cache=str(tmp_path / "cache"), number=2)
    assert run(f"open({str(path)!r}, 'w').write({text!r})") == "10"
    assert run("") == "20"
