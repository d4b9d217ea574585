"""No room for the result, or for the record."""

import contextlib
import os
import subprocess

import numpy as np
import pytest

from counting import in_process, staged, warned
from remade import NumpyFile, PickleFile, make


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.name != "posix" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder, leave=0):
    """Fills the disk but for some bytes."""
    path = folder / "filler"
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    with open(path, "r+b") as file:
        file.truncate(max(0, path.stat().st_size - leave))
    return path


@pytest.mark.parametrize("output", [NumpyFile, PickleFile, None])
def test_no_room_for_the_result(small_disk, output):
    made = make(lambda n: np.ones(n), cachedir=small_disk / "c", output=output)
    made(10)
    with warned("No space left"):
        assert made(100_000).shape == (100_000,)
    assert made.check_call_in_cache(10)
    assert made(10).shape == (10,)
    assert staged(small_disk) == []
    made(20)
    assert made.cache_info().ran == 3


def test_no_room_for_the_record(small_disk):
    made = make(lambda x: x, cachedir=small_disk / "c")
    made(1)
    filler = fill(small_disk)
    with warned("No space left"):
        assert made(2) == 2
    assert made(1) == 1
    assert made.cache_info().reused == 1
    assert staged(small_disk) == []
    filler.unlink()
    assert [made(2), made(2)] == [2, 2]
    assert made.cache_info().ran == 3


def test_at_every_number_of_bytes_left(small_disk):
    """Whatever write is the one that fails, it is the old result or the new one."""
    made = make(
        lambda n: np.full(3000, n),
        cachedir=small_disk / "c",
        output=NumpyFile(small_disk / "f.npy"),
    )
    made(0)
    last = 0
    for number, pages in enumerate(range(14), start=1):
        filler = fill(small_disk, leave=4096 * pages)
        with contextlib.suppress(AssertionError), warned():
            np.testing.assert_array_equal(made(number), np.full(3000, number))
        assert staged(small_disk) == []
        filler.unlink()
        fresh = number if made.check_call_in_cache(number) else last
        assert made.check_call_in_cache(fresh)
        np.testing.assert_array_equal(made(fresh), np.full(3000, fresh))
        np.testing.assert_array_equal(np.load(small_disk / "f.npy"), np.full(3000, fresh))
        last = fresh
    assert last == 14


def test_a_file_that_may_not_grow(tmp_path):
    """The same with a limit of the process, which everybody can set."""
    pytest.importorskip("resource")
    out, err = in_process(
        tmp_path,
        """
        import resource, signal
        import numpy as np
        from remade import NumpyFile, make

        @make(output=NumpyFile("f.npy"))
        def f(n):
            return np.ones(n)

        f(10)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        print(f(1_000_000).sum(), f.check_call_in_cache(10), f(10).sum())
        """,
    )
    assert out == "1000000.0 True 10.0\n"
    assert "f.npy" in err
    assert "File too large" in err
    assert staged(tmp_path) == []
