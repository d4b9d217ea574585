"""What the hostile tests share: pickles that run code, forged records, places that others can write."""

from __future__ import annotations

import json
import os
import pickle
import signal
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from counting import records, told, warned
from remade import NumpyFile, PickleFile, _remade, make

#: A user and a group that are nobody's here.
STRANGER = 54321

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, canary):
        self.canary = str(canary)

    def __reduce__(self):
        return os.mkdir, (self.canary,)


class Inheriting(PickleFile):
    """A subclass that saves and loads as `PickleFile` does."""


class Rereading(PickleFile):
    """A subclass that opens the file by itself."""

    def load(self):
        with open(self.filename, "rb") as file:
            return pickle.load(file)


def plain(n):
    return {"number": n, "parts": {1, 2}}


def large(n):
    return {"number": n, "parts": {1, 2}, "rest": os.urandom(n)}


def pair(n):
    return {"number": n, "parts": {1}}, np.arange(n)


def same(one, other):
    """Whether two results are equal, arrays in them included."""
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other


#: Every way in which the engine comes to unpickle a file: function, and what output= is.
KINDS = {
    "chosen": (plain, lambda folder: None),
    "PickleFile": (plain, lambda folder: PickleFile(folder / "f.pkl")),
    "class": (plain, lambda folder: PickleFile),
    "template": (plain, lambda folder: PickleFile(folder / "f-{n}.pkl")),
    "in a tuple": (
        pair,
        lambda folder: (PickleFile(folder / "f.pkl"), NumpyFile(folder / "f.npy")),
    ),
    "subclass": (plain, lambda folder: Inheriting(folder / "f.pkl")),
    "own load": (plain, lambda folder: Rereading(folder / "f.pkl")),
}


class Victim:
    """A made function with a stored result, and what an attacker can reach of it."""

    def __init__(self, folder, kind="chosen", function=None, name="f", **options):
        self.folder = Path(folder, "project")
        self.folder.mkdir(exist_ok=True)
        self.cache = self.folder / "cache"
        self.function, output = KINDS[kind]
        self.function = function or self.function
        self.options = {"output": output(self.folder), "name": name, **options}
        self.canary = Path(folder, "canary")

    def made(self, **options):
        """Knows nothing of what this process did before."""
        return make(self.function, cachedir=self.cache, **{**self.options, **options})

    def run(self, n=3):
        self.made()(n)
        return self

    @property
    def record(self):
        (path,) = records(self.cache)
        return path

    @property
    def pickle(self):
        (path,) = self.folder.rglob("*.pkl")
        return path

    @property
    def place(self):
        """The folder of the function."""
        return self.record.parent

    def runs_again(self, *parts, n=3):
        """The call gives what a run gives, by running, with one warning; no code ran."""
        again = self.made()
        with told() as seen, warned(parts) if parts else warned():
            value = again(n)
        assert not self.canary.exists()
        assert same(value, self.function(n))
        assert [one.ran for one in seen] == [True]

    def is_harmless(self, n=3):
        """Whatever is done, the call gives what a run gives, and no code runs."""
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(2):
                assert same(self.made()(n), self.function(n))
            try:
                self.made().load()
            except LookupError:
                pass
        assert not self.canary.exists()


def parse(path):
    """The fields of a record."""
    return json.loads(Path(path).read_bytes())


def text_of(fields):
    """The text of a record, with the digest that belongs to it."""
    fields = {name: value for name, value in fields.items() if name != "digest"}
    text = json.dumps(fields, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert text.endswith(b"\n}")
    return sealed_text(text[:-2])


def sealed_text(text):
    """Any text, with the last lines of a record."""
    return text + b',\n  "digest": "' + _remade._digest(text).encode() + b'"\n}\n'


def write(path, fields):
    Path(path).write_bytes(text_of(fields))


def edit(path, change):
    """Changes a record as somebody would who knows the format."""
    fields = parse(path)
    change(fields)
    write(path, fields)


def files(fields):
    return [one["file"] for one in fields["results"] if one["file"]]


def pickled(fields):
    """The file of the pickle in a record."""
    (file,) = [one for one in files(fields) if one["path"].endswith(".pkl")]
    return file


def plant(record, path, content, *, strip=True):
    """Puts a pickle in the place of a stored one, and makes the record agree in every way that
    somebody can who does not know the key: without a seal, or under the one that was there."""
    path.write_bytes(content)
    agree(record, path, strip=strip)


def agree(record, path, *, strip=False):
    """Makes a record agree with the pickle that lies there."""
    stamp = path.stat()

    def change(fields):
        file = pickled(fields)
        file["content"] = _remade._digest(path.read_bytes())
        file["stamp"] = {
            "size": stamp.st_size, "mtime": stamp.st_mtime_ns, "inode": stamp.st_ino,
        }  # fmt: skip
        if strip:
            file.pop("seal", None)

    edit(record, change)


def trap(canary):
    """A pickle that runs code."""
    return pickle.dumps(Trap(canary), protocol=5)


def without_seal(victim):
    """Takes the seal away, and leaves all else."""
    edit(victim.record, lambda fields: pickled(fields).pop("seal"))


@contextmanager
def no_hang(seconds=60):
    """A pipe that is waited for would wait for ever."""

    def stop(number, frame):
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
