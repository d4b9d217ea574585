"""Makes real system calls of a real call fail, one after the other. Run as a program.

For each case a process is forked from this one, which has everything imported. It waits until strace
has it, so that the count of its system calls begins with the call of the made function.
"""

import collections
import contextlib
import ctypes
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from remade import PickleFile, RemadeWarning, make

ERRORS = {
    "openat": "ENOSPC EDQUOT EIO EACCES EROFS EMFILE EINTR ENOENT",
    "read pread64": "EIO EINTR ESTALE",
    "write pwrite64": "ENOSPC EDQUOT EIO EINTR EFBIG",
    "rename renameat renameat2": "EXDEV EBUSY EIO EACCES ENOSPC EROFS",
    "link linkat": "EPERM EIO EMLINK ENOSPC",
    "unlink unlinkat": "EIO EACCES EBUSY EROFS",
    "mkdir mkdirat": "ENOSPC EIO EROFS EACCES",
    "fsync fdatasync": "EIO ENOSPC EDQUOT EINTR",
    "fallocate": "ENOSPC EDQUOT EOPNOTSUPP",
    "fstat newfstatat statx stat lstat": "EIO ESTALE EACCES",
    "flock": "ENOLCK EINTR EIO",
    "fchmod utimensat": "EPERM EIO EROFS",
    "getdents64": "EIO ENOENT ESTALE",
    "close": "EIO EINTR ENOSPC",
    "lseek fcntl": "EIO",
}
BY_CALL = {call: errors.split() for calls, errors in ERRORS.items() for call in calls.split()}
PATIENCE = 15


def produce(x):
    """What the environment says, twice: a run gives something else whenever a test wants it."""
    byte = os.environ["CONTENT"].encode()
    return [byte * 3000, byte * 70_000]


def value(name):
    byte = name.encode()
    return [byte * 3000, byte * 70_000]


def made():
    output = [PickleFile("results/named.pkl"), PickleFile]
    return make(produce, output=output, name="f", durable="always")


def in_child(work):
    """The exit code of a forked process that does this."""
    child = fork(work)
    return ended(child, PATIENCE)


def fork(work):
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        code = work() or 0
    except BaseException as error:
        with contextlib.suppress(BaseException):
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(code)


def ended(child, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "it hangs"


def stale_call():
    """The call that is traced: it runs, and returns what the run gave."""
    warnings.simplefilter("ignore", RemadeWarning)
    ready, go = os.pipe()

    def call():
        os.close(go)
        f = made()
        # Its code is read, and all that it needs is imported: what fails is the call.
        f.check_call_in_cache(1)
        # Where only a parent may trace: anybody may trace this process.
        ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)
        # Not by a read, which strace would find under way, and make fail.
        select.select([ready], [], [])
        try:
            return 0 if f.call(1) == value("n") else 3
        except BaseException:
            return 4

    child = fork(call)
    os.close(ready)
    return child, go


def traced(*options):
    """The exit code of the stale call under strace."""
    child, go = stale_call()
    try:
        strace = subprocess.Popen(
            ["strace", "-f", "-p", str(child), *options], stderr=subprocess.PIPE, text=True
        )
        line = strace.stderr.readline()
        if "attached" not in line:
            print(json.dumps({"skipped": line.strip()}))
            os.kill(child, signal.SIGKILL)
            sys.exit(0)
        os.write(go, b"x")
        code = ended(child, PATIENCE)
        strace.stderr.close()
        strace.wait(PATIENCE)
    finally:
        os.close(go)
    return code


def say(name):
    os.environ["CONTENT"] = name


def scene(folder):
    """An earlier result, and the next run gives another."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    os.environ["RUST_BACKTRACE"] = "0"
    say("o")
    assert in_child(lambda: made()(1) != value("o")) == 0
    say("n")


def look():
    """What the next process finds: old or new, whole, and nothing left after its own commit."""
    say("l")
    f = made()
    found = f(1)
    if f.cache_info().ran:
        return 5
    if found not in (value("o"), value("n")):
        return 6
    if f.call(1) != value("l"):
        return 7
    left = [path for path in Path().rglob("*") if ".remade-" in path.name or path.suffix == ".lock"]
    if left:
        print(left, file=sys.stderr)
        return 8
    return 0


MEANING = {
    3: "the call returned something else", 4: "the call raised", 5: "the stored result was lost",
    6: "between old and new", 7: "the next run returned something else", 8: "files were left",
}  # fmt: skip


def cases(folder):
    """Every system call of the stale call, every error of its kind, once and for ever."""
    scene(folder)
    with tempfile.NamedTemporaryFile("r", suffix=".strace") as log:
        names = ",".join(f"?{call}" for call in BY_CALL)
        code = traced("-o", log.name, "-e", f"trace={names}")
        assert code == 0, code
        calls = re.findall(r"^\d+ +(\w+)\(", log.read(), re.MULTILINE)
    counts = collections.Counter(calls)
    return [
        (call, number, error, ever)
        for call, count in counts.items()
        for number in range(1, count + 1)
        for error in BY_CALL[call]
        # What was interrupted is tried again, by the standard libraries too: not for ever.
        for ever in (("",) if error == "EINTR" else ("", "+"))
    ]


def main():
    scale, root = float(sys.argv[1]), tempfile.mkdtemp(dir=sys.argv[2])
    part, parts = int(sys.argv[3]), int(sys.argv[4])
    folder = os.path.join(root, "project")
    os.chdir(root)
    say("w")
    # All that a call imports is imported here, once.
    warm = make(produce, output=[PickleFile("w.pkl"), PickleFile], name="w", durable="always")
    assert warm(1) == warm.call(1) == value("w")
    every = cases(folder)
    dice = random.Random(len(every))
    chosen = every if scale >= 1 else dice.sample(every, max(40, int(len(every) * scale)))
    chosen = chosen[part::parts]
    failures = []
    for call, number, error, ever in chosen:
        scene(folder)
        inject = f"inject={call}:error={error}:when={number}{ever}"
        code = traced("-o", "/dev/null", "-e", f"trace={call}", "-e", inject)
        code = code or in_child(look)
        if code:
            failures.append(f"{inject}: {MEANING.get(code, code)}")
    os.chdir("/")
    shutil.rmtree(root)
    print(json.dumps({"cases": len(every), "done": len(chosen), "failures": failures}))


if __name__ == "__main__":
    main()
