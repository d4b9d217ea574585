"""What is wrong before a run is told at decoration, with what to write instead."""

import os
import pathlib
import re
import sys

import pytest

from remade import Env, File, NumpyFile, Persister, PickleFile, make


def f(x, verbose=False):
    return x


class NoLoad(Persister):
    def save(self, value):
        pass


@pytest.mark.parametrize(
    ("kind", "options", "sentence"),
    [
        (ValueError, {"ignore": ("verbos",)}, "there are: x, verbose"),
        (TypeError, {"ignore": "verbose"}, '("verbose",)'),
        (TypeError, {"ignore": (1,)}, "takes names"),
        (TypeError, {"ignore": None}, "tuple of names"),
        (TypeError, {"follow": "lab"}, "tuple of names"),
        (TypeError, {"follow": (os,)}, "takes names"),
        (ValueError, {"follow": ("lbax",)}, "'lbax', and there is no module of that name"),
        (ValueError, {"follow": ("os", "scikit-learn")}, "'scikit-learn'"),
        (ValueError, {"follow": ("lbax.sub",)}, "'lbax.sub'"),
        (ValueError, {"follow": ("",)}, "there is no module"),
        (TypeError, {"depends": "numpy"}, "depends=(numpy,)"),
        (TypeError, {"depends": os}, "depends=(numpy,)"),
        (ValueError, {"depends": ("no-such-package",)}, 'version="no-such-package"'),
        (TypeError, {"version": 2}, 'version="2"'),
        (TypeError, {"name": ""}, "name='smooth'"),
        (TypeError, {"name": 3}, "name='smooth'"),
        (ValueError, {"unknown": "ask"}, '"content" or "rerun"'),
        (TypeError, {"cachedir": 3}, "cachedir takes a path"),
        (TypeError, {"cachedir": b"cache"}, "cachedir takes a path"),
        (ValueError, {"cachedir": "~/cache"}, "os.path.expanduser('~/cache')"),
        (ValueError, {"output": PickleFile("~/f.pkl")}, "os.path.expanduser('~/f.pkl')"),
        (TypeError, {"output": "f.pkl"}, "PickleFile('f.pkl')"),
        (TypeError, {"output": [1, 2]}, "a persister"),
        (TypeError, {"output": int}, "a persister"),
        (TypeError, {"output": ()}, "a persister"),
        (TypeError, {"output": NoLoad}, "load"),
    ],
)
def test_it_is_refused_with_a_sentence(kind, options, sentence):
    with pytest.raises(kind) as refusal:
        make(f, **options)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("mode", ["w+", "r+", "w", True, 0])
def test_a_map_that_would_change_the_result_is_refused(mode):
    with pytest.raises(ValueError, match="copy-on-write"):
        NumpyFile("f.npy", mmap_mode=mode)


@pytest.mark.parametrize("path", [None, 3, b"f.pkl", ["f.pkl"]])
def test_a_file_name_is_text(path):
    with pytest.raises(TypeError):
        make(f, output=PickleFile(path))


@pytest.mark.parametrize("path", [None, 3, b"data.csv"])
def test_a_file_is_named_by_text(path):
    with pytest.raises(TypeError, match="File takes a path as text"):
        File(path)


def test_no_name_is_no_file():
    with pytest.raises(ValueError, match='not ""'):
        File("")


@pytest.mark.parametrize("path", ["~", "~/data.csv", pathlib.Path("~/data.csv")])
def test_a_home_that_nobody_put_in_is_told(path):
    with pytest.raises(ValueError, match=re.escape(f"os.path.expanduser({str(path)!r})")):
        File(path)


@pytest.mark.parametrize("path", ["./~/data.csv", "~data.csv", "a/~", "data.csv~"])
def test_a_name_with_a_tilde_is_a_name(path):
    assert File(path).path == os.path.abspath(path)


def test_what_is_followed_is_not_imported(tmp_path, monkeypatch):
    (tmp_path / "followed_later.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    make(f, cachedir=tmp_path / "c", follow=("followed_later", "followed_later.part"))(1)
    assert "followed_later" not in sys.modules


@pytest.mark.parametrize("name", [None, "", "A=B", 3])
def test_a_variable_is_named_by_text(name):
    with pytest.raises(TypeError, match="environment variable"):
        Env(name)


def test_nothing_is_made_by_decorating(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(f, output=PickleFile("out/f.pkl"), cachedir="c")
    assert list(tmp_path.iterdir()) == []
