"""`f.check_call_in_cache(...)` tells whether a call would be answered from the store."""

import numpy as np
import pytest

from remade import File, NumpyFile, make


@pytest.fixture
def made(tmp_path):
    return make(
        lambda n=3: np.arange(n), cachedir=tmp_path / "cache", output=NumpyFile(tmp_path / "f.npy")
    )


def test_it_runs_nothing_and_makes_nothing(made, tmp_path):
    assert made.check_call_in_cache(3) is False
    assert made.cache_info().ran == 0
    assert list(tmp_path.iterdir()) == []


def test_it_agrees_with_what_a_call_does(made, tmp_path):
    made(3)
    assert made.check_call_in_cache(3) is True
    assert made.check_call_in_cache(n=3) is True
    assert made.check_call_in_cache() is True
    assert made.check_call_in_cache(4) is False
    (tmp_path / "f.npy").unlink()
    assert made.check_call_in_cache(3) is False
    made(3)
    assert made.check_call_in_cache(3) is True
    np.save(tmp_path / "f.npy", np.zeros(3))
    assert made.check_call_in_cache(3) is False
    made.clear()
    assert made.check_call_in_cache(3) is False
    assert made.cache_info().ran == 2


def test_it_loads_nothing(tmp_path):
    from remade import Persister

    class Refusing(Persister):
        def save(self, value):
            open(self.filename, "w").close()

        def load(self):
            raise AssertionError("loaded")

    made = make(lambda: 1, cachedir=tmp_path, output=Refusing(tmp_path / "f"))
    made()
    assert made.check_call_in_cache()


def test_settings_and_files_count(tmp_path):
    settings = {"scale": 1}
    data = tmp_path / "data"
    data.write_text("1")

    @make(cachedir=tmp_path / "cache")
    def f(file):
        return settings["scale"]

    f(File(data))
    assert f.check_call_in_cache(File(data))
    settings["scale"] = 2
    assert not f.check_call_in_cache(File(data))
    settings["scale"] = 1
    assert f.check_call_in_cache(File(data))
    data.write_text("2")
    assert not f.check_call_in_cache(File(data))


def test_what_has_no_version_is_never_there_and_says_nothing(tmp_path):
    made = make(lambda x: 1, cachedir=tmp_path)
    assert not made.check_call_in_cache(n for n in range(3))
