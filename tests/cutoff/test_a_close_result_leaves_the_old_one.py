"""Where a new result is close to the old one, the old one stays: value, version and file."""

import json
import os

import numpy as np
import pytest

from counting import aside, records, staged, told
from remade import NumpyFile, Persister, PickleFile, allclose, make


class Double(Persister):
    """Keeps what a user's own persister keeps: no version but that of its file."""

    def save(self, value):
        with open(self.filename, "w") as file:
            json.dump(value, file)

    def load(self):
        with open(self.filename) as file:
            return json.load(file)


VALUES = {
    "an array of one's own name": (NumpyFile("out.npy"), lambda x: np.full(3, x)),
    "an array": (None, lambda x: np.full(3, x)),
    "a pickle of a name": (PickleFile("out.pkl"), lambda x: {"a": [x, "text"]}),
    "a pickle": (None, lambda x: (np.full(3, x), {"a": [x, "text", 5]})),
    "a short value": (None, lambda x: x),
    "parts": ([NumpyFile("a.npy"), PickleFile], lambda x: [np.full(3, x), {1: x}]),
    "a class": (NumpyFile, lambda x: np.full(3, x)),
    "a user's": (Double("out.json"), lambda x: [x, x]),
    "a map": (NumpyFile("map.npy", mmap_mode="r"), lambda x: np.full(3, x)),
}


def look(folder):
    """Inode and time of every result below a folder."""
    paths = [p for p in folder.rglob("*") if p.suffix in (".npy", ".pkl", ".json") and p.is_file()]
    return {(p.stat().st_ino, p.stat().st_mtime_ns) for p in paths if p not in records(folder)}


@pytest.mark.parametrize("kind", VALUES)
def test_what_was_made_of_it_stays_fresh(kind, tmp_path, monkeypatch, marks):
    monkeypatch.chdir(tmp_path)
    mark, (output, build) = marks.mark, VALUES[kind]

    @make(output=output, cutoff=allclose(rtol=1e-9))
    def result(x):
        mark("result")
        return build(x)

    @make
    def after(value):
        mark("after")
        return json.dumps(value, default=np.ndarray.tolist)

    first, runs = marks.of(lambda: after(result(1.0)))
    assert runs == ["result", "after"]
    files = look(tmp_path / "cache" / "v1") | look(tmp_path)
    for x in (1.0 + 1e-10, 1.0 - 1e-10):
        assert marks.of(lambda x=x: after(result(x))) == (first, ["result"])
        assert marks.of(lambda x=x: after(result(x))) == (first, [])
    now = look(tmp_path / "cache" / "v1") | look(tmp_path)
    assert len(now - files) <= 1  # the record of `after`, which is looked at
    assert staged(tmp_path) == aside(tmp_path) == []
    other, runs = marks.of(lambda: after(result(1.0 + 3e-9)))
    assert (other != first, runs) == (True, ["result", "after"])


def test_it_is_always_compared_with_what_was_kept(cachedir):
    result = make(lambda x: x, cachedir=cachedir, name="f", cutoff=allclose(rtol=0, atol=1.5))
    assert [result(x) for x in (0.0, 1.0, 2.0, 3.0, 4.0)] == [0.0, 0.0, 2.0, 2.0, 4.0]


def test_the_record_and_the_event_say_so(cachedir, caplog):
    close = allclose(rtol=1e-6)
    result = make(lambda x: x, cachedir=cachedir, name="f", cutoff=close, debug=True)
    caplog.set_level("INFO")
    with told() as events:
        result(2.0), result(2.0 + 2**-30), result(2.0 + 2**-30), result(3.0)
    assert [event.kept for event in events] == [None, repr(close), None, None]
    assert [event.ran for event in events] == [True, True, False, True]
    assert f"; kept: within {close!r}" in caplog.text
    result(3.0 + 2**-30)
    (path,) = records(cachedir)
    kept = json.loads(path.read_text())["kept"]
    assert (kept["by"], kept["difference"]) == (repr(close), repr(2**-30))


def test_another_process_finds_it_and_keeps_it(shop):
    shop.write(
        main="""
        import sys
        import numpy as np
        from remade import NumpyFile, allclose, make
        from marks import mark

        @make
        def scale(factor):
            mark("scale")
            return np.arange(4.0) * factor

        @make(output=NumpyFile("out.npy"), cutoff=allclose(rtol=1e-9))
        def smooth(a):
            mark("smooth")
            return a * 2

        @make
        def total(a):
            mark("total")
            return float(a.sum())
    """
    )
    assert shop.call("total(smooth(scale(1)))") == (12.0, ["scale", "smooth", "total"])
    before = os.stat(shop.folder / "out.npy")
    shop.edit("main", "* factor", "* factor * (1 + 1e-12)")
    assert shop.call("total(smooth(scale(1)))") == (12.0, ["scale", "smooth"])
    assert shop.call("total(smooth(scale(1)))") == (12.0, [])
    after = os.stat(shop.folder / "out.npy")
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    shop.edit("main", "rtol=1e-9", "rtol=1e-15")
    assert shop.call("bool(smooth(scale(1)).sum() != 12)") == (True, ["smooth"])
