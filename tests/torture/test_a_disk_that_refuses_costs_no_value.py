"""A disk that is full at any KiB of the save, read-only, without permission or over its quota: the value
is returned, cause and path are named, nothing is left lying about, the earlier result answers, and the
next call with room works."""

import contextlib
import os
import subprocess
import warnings

import pytest
from scale import SCALE

from counting import in_process, staged
from remade import RemadeWarning, check, make

np = pytest.importorskip("numpy")

from remade import NumpyFile, PickleFile  # noqa: E402

KIB = 1024


@pytest.fixture
def disk(tmp_path):
    """A file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.name != "posix" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system of 2 MiB needs the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder, leave):
    """Fills the disk but for so many bytes."""
    path = folder / "filler"
    with open(path, "wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while file.write(b"x" * 65536):
                pass
        with contextlib.suppress(OSError):
            while file.write(b"x" * KIB):
                pass
        file.truncate(max(0, file.tell() - leave))
    return path


def body(n):
    # 96 KiB in three files, and a record.
    return np.full(4096, n), {"n": n, "more": str(n % 10) * 30 * KIB}, np.full(4096, -n)


@pytest.mark.parametrize("named", [True, False])
def test_at_every_kib_of_the_save(disk, named):
    output = [NumpyFile, PickleFile, NumpyFile]
    if named:
        output = [cls(disk / f"f-{place}") for place, cls in enumerate(output)]
    made = make(lambda n: body(n), cachedir=disk / "cache", output=tuple(output), name="f")
    made(0)
    last, refused, saved = 0, 0, 0
    step = 1 if SCALE >= 0.5 else 9
    for number, leave in enumerate(range(0, 140, step), start=1):
        filler = fill(disk, leave * KIB)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            array, rest, other = made(number)
        told = [str(one.message) for one in caught if one.category is RemadeWarning]
        assert (array == number).all()
        assert (other == -number).all()
        assert rest == body(number)[1]
        assert staged(disk) == []
        if made.check_call_in_cache(number):
            last, saved = number, saved + 1
            assert told == []
        else:
            refused += 1
            (text,) = told
            assert "No space left" in text
            assert str(disk) in text
        # What answered before answers still, or what came after it does: never nothing.
        assert made.check_call_in_cache(last), (number, leave)
        loaded = made(last)
        assert (loaded[0] == last).all()
        assert loaded[1] == body(last)[1]
        report = check(disk / "cache")
        assert report.problems == (), str(report)
        filler.unlink()
        if number % 4 == 0:
            made(last := 1000 + number)
            assert made.check_call_in_cache(last)
    assert refused
    assert saved


LIMITED = """
    import os, resource, signal, sys, warnings
    import numpy as np
    from remade import NumpyFile, RemadeWarning, check, make

    @make(output=NumpyFile("f.npy"))
    def f(n):
        return np.full(20_000, n)

    f(0)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in range(1024, 180 * 1024, int(sys.argv[1]) * 1024):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            value = f(limit)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (value == limit).all()
        (text,) = [str(one.message) for one in told] or [None]
        is_saved = limit >= 160_128
        assert is_saved == (text is None), (limit, text)
        assert is_saved or ("File too large" in text and "f.npy" in text), text
        assert f.check_call_in_cache(limit if is_saved else 0)
        assert check("cache").problems == ()
        if is_saved:
            f(0)
    f(1)
    assert f.check_call_in_cache(1)
"""


def test_a_quota_of_any_size(tmp_path):
    """A limit of the process stands for a quota: the write beyond it fails in the same way."""
    pytest.importorskip("resource")
    assert in_process(tmp_path, LIMITED, 1 if SCALE >= 0.5 else 12) == ("", "")
    assert staged(tmp_path) == []


DENIED = """
    import os, sys, warnings
    import numpy as np
    from remade import NumpyFile, RemadeWarning, check, make

    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    @make(output=NumpyFile("out/f.npy"))
    def f(n):
        return np.full(100, n)

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert (f(1) == 1).all() and (f(2) == 2).all()
    texts = [str(one.message) for one in told if one.category is RemadeWarning]
    print("\\n".join(texts))
"""


@pytest.mark.parametrize("forbidden", ["cache", "out"])
@pytest.mark.skipif(os.name != "posix", reason="rights of this kind are POSIX's")
def test_a_folder_without_permission(tmp_path, forbidden):
    for parent in tmp_path.parents:  # those of pytest are for the tests' user alone
        if not any("pytest" in part for part in parent.parts):
            break
        if parent.stat().st_uid == os.geteuid():
            os.chmod(parent, 0o755)
    for name in ("cache", "out"):
        (tmp_path / name).mkdir()
        os.chmod(tmp_path / name, 0o555 if name == forbidden else 0o755)
        if os.geteuid() == 0 and name != forbidden:
            os.chown(tmp_path / name, 65534, 65534)
    os.chmod(tmp_path, 0o755)
    out, _ = in_process(tmp_path, DENIED)
    assert "Permission denied" in out
    assert str(tmp_path / forbidden) in out
    assert staged(tmp_path) == []
    assert not list((tmp_path / forbidden).iterdir())
