"""What a persister holds counts; what cannot count is refused with a word on what to write."""

import threading

import pytest

from remade import Persister, make


class TextFile(Persister):
    def save(self, value):
        with open(self.filename, "w") as file:
            file.write(value)

    def load(self):
        with open(self.filename) as file:
            return file.read()


class WithConnection(TextFile):
    def __init__(self, filename):
        super().__init__(filename)
        self.lock = threading.Lock()


def test_an_attribute_without_a_version_is_named(tmp_path):
    made = make(
        lambda: "", cachedir=tmp_path / "c", output=WithConnection(tmp_path / "f"), name="f"
    )
    with pytest.raises(
        TypeError, match=r"attribute lock of .*WithConnection.*loading = \(\"lock\",\)"
    ):
        made()

    class Named(WithConnection):
        loading = ("lock",)

    made = make(lambda: "x", cachedir=tmp_path / "c", output=Named(tmp_path / "f"), name="f")
    assert (made(), made()) == ("x", "x")
    assert made.cache_info().ran == 1
