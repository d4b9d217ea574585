"""`durable=` decides what is synced before a result can be seen, and is no part of any version."""

import shutil
import subprocess
import sys
import textwrap

import pytest

from remade import PickleFile, configure, make

strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="needs strace (apt-get install strace)"
)

PROGRAM = """
    import sys, time
    from remade import PickleFile, make
    durable, seconds = sys.argv[1], float(sys.argv[2])
    @make(output=[PickleFile("out/named.pkl"), PickleFile], durable=durable or None)
    def f(x):
        time.sleep(seconds)
        return [x, x]
    assert f(1) == [1, 1] and f(1) == [1, 1]
    print(f.cache_info().ran)
"""


def synced(folder, durable, seconds=0.0):
    """The paths that a program syncs in its folder, in order. (The first one of a user also makes a key.)"""
    (folder / "program.py").write_text(textwrap.dedent(PROGRAM))
    log = folder / "log"
    command = ["strace", "-f", "-y", "-qq", "-o", str(log), "-e", "trace=fsync,fdatasync"]
    done = subprocess.run(
        [*command, sys.executable, "program.py", durable, str(seconds)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "ptrace" in done.stderr:
        pytest.skip(f"strace may not trace here: {done.stderr.strip()}")
    assert done.stdout.strip() == "1", done.stderr
    lines = log.read_text().splitlines()
    paths = [line.split("<", 1)[1].split(">", 1)[0] for line in lines if "sync(" in line]
    return [path for path in paths if path.startswith(str(folder))]


@strace
@pytest.mark.parametrize(("durable", "seconds"), [("never", 1.2), ("auto", 0.0), ("", 0.0)])
def test_nothing_is(tmp_path, durable, seconds):
    assert synced(tmp_path, durable, seconds) == []


@strace
@pytest.mark.parametrize(("durable", "seconds"), [("always", 0.0), ("auto", 1.2)])
def test_files_record_and_all_folders_are(tmp_path, durable, seconds):
    paths = synced(tmp_path, durable, seconds)
    files = [path for path in paths if "/.remade-" in path]
    assert len(files) == 3  # two results and the record, in this order
    assert "/out/" in files[0]
    assert files[2].endswith(".json")
    for folder in (tmp_path, tmp_path / "out", tmp_path / "cache", tmp_path / "cache/v1"):
        assert str(folder) in paths
    # All of the results is there before the record, and its name is the last.
    assert paths.index(files[2]) > paths.index(str(tmp_path / "out"))
    assert paths[-1] != files[2]


def test_it_is_no_part_of_any_version(tmp_path):
    def f(x):
        return [x]

    runs = []
    for durable in ("auto", "always", "never", None):
        made = make(f, cachedir=tmp_path / "c", output=PickleFile, durable=durable)
        assert made(1) == [1]
        runs.append(made.cache_info().ran)
    assert runs == [1, 0, 0, 0]


def test_configure_says_it_for_all():
    configure(durable="always")
    configure(durable=None)
    with pytest.raises(ValueError, match='durable takes "auto", "always" or "never"'):
        configure(durable="sometimes")
    with pytest.raises(ValueError, match="not True"):
        make(len, durable=True)
