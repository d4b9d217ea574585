"""What else belongs to a run is right where the old result stays: files, arguments, generators."""

import asyncio
import os
import pickle
import random

import numpy as np
import pytest

from counting import aside, in_process, told, warned
from remade import File, NumpyFile, Persister, allclose, make


class Single(Persister):
    """Rounds, so that what is loaded is not what was saved."""

    def save(self, value):
        np.asarray(value, "f4").tofile(self.filename)

    def load(self):
        return np.fromfile(self.filename, "f4").astype("f8")


def test_a_file_of_another_call_survives(tmp_path, cachedir):
    result = make(
        lambda x: np.full(3, x), cachedir=cachedir, keep="all", name="f",
        output=NumpyFile(tmp_path / "f-{x}.npy"), cutoff=allclose(rtol=1e-9),
    )  # fmt: skip
    result(1.0), result(1.0 + 1e-12)
    one, two = sorted(tmp_path.glob("f-*.npy"))
    assert os.stat(one).st_ino != os.stat(two).st_ino  # a person may edit one of them
    assert one.read_bytes() == two.read_bytes()
    two.write_bytes(b"")
    with told() as events:
        assert result(1.0)[0] == 1.0
    assert [event.ran for event in events] == [False]


def test_what_a_person_changed_is_no_old_result(tmp_path, cachedir):
    path = tmp_path / "f.npy"
    result = make(
        lambda x: np.full(3, x),
        cachedir=cachedir,
        output=NumpyFile(path),
        cutoff=allclose(),
        name="f",
    )
    result(1.0)
    np.save(path, np.full(3, 1.0 + 1e-12))
    with warned("was changed by hand"):
        assert result(1.0 + 1e-13)[0] == 1.0 + 1e-13
    assert len(aside(tmp_path)) == 1


def test_a_persister_that_rounds_is_compared_as_it_loads(tmp_path, cachedir, marks):
    mark = marks.mark
    result = make(
        lambda x: np.full(3, x), cachedir=cachedir, output=Single(tmp_path / "f.bin"), name="f",
        cutoff=allclose(rtol=1e-6),
    )  # fmt: skip

    @make(cachedir=cachedir)
    def after(value):
        mark("after")
        return float(value[0])

    value = after(result(0.1))
    marks.new()
    assert marks.of(lambda: after(result(0.1 + 1e-9))) == (value, [])
    assert result.call(0.1)[0] == result(0.1)[0] == float(np.float32(0.1))


def test_files_that_the_function_wrote_are_never_kept(tmp_path, cachedir):
    @make(cachedir=cachedir, cutoff=lambda old, new: True)
    def writes(x):
        (tmp_path / "out.txt").write_text(str(x))
        return File(tmp_path / "out.txt")

    for x in (1, 2):
        assert open(writes(x)).read() == str(x)


def test_generators_go_on_from_the_run(cachedir):
    @make(cachedir=cachedir, keep="all", cutoff=allclose(atol=10))
    def noise(rng, shift):
        return rng.random() + shift

    def program(shift):
        rng = random.Random(3)
        return noise(rng, shift), rng.random()

    plain = random.Random(3)
    value, following = plain.random(), plain.random()
    for _ in range(2):
        assert program(0) == program(1) == (value, following)


def test_an_argument_that_was_changed_and_returned_is_the_result(cachedir):
    @make(cachedir=cachedir, cutoff=allclose(atol=10))
    def moved(values):
        values += 1
        return values

    for start in (0.0, 0.5):
        values = np.full(2, start)
        assert moved(values) is values
        assert values[0] == start + 1


def test_pickled_with_its_cutoff(cachedir):
    close = allclose(rtol=1e-3, atol=2.0)
    assert pickle.loads(pickle.dumps(close)) == close
    assert hash(pickle.loads(pickle.dumps(close))) == hash(close)
    assert close != allclose(rtol=1e-3)
    assert repr(close) == "allclose(rtol=0.001, atol=2.0)"


def test_coroutines_are_compared_too(cachedir):
    @make(cachedir=cachedir, cutoff=allclose(rtol=1e-9))
    async def result(x):
        await asyncio.sleep(0)
        return x

    async def program():
        return [await result(1.0), await result(1.0 + 1e-12), await result(2.0)]

    assert asyncio.run(program()) == [1.0, 1.0, 2.0]


def test_a_cutoff_travels_with_its_function(tmp_path):
    pytest.importorskip("cloudpickle")
    program = """
        import pickle, sys
        from remade import make
        close = 0.5
        @make(cutoff=lambda old, new: abs(new - old) < close)
        def f(x):
            return x
        g = pickle.loads(pickle.dumps(f))
        print(f(1.0), g(1.25), f(1.25), g.cache_info().ran, f.cache_info().ran, g(2.0))
    """
    assert in_process(tmp_path, program)[0] == "1.0 1.0 1.0 1 1 2.0\n"
