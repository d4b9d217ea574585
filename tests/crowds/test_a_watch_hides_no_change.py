"""A process that calls again and again is told of changes by the kernel, and sees each of them: one by
another process, by a child of its own, and beside threads that are told at the same time."""

import os
import subprocess
import sys
import tempfile
import textwrap

import pytest

pytestmark = pytest.mark.skipif(
    not os.access("/dev/shm", os.W_OK), reason="no folder of which the kernel surely tells changes"
)

PROGRAM = '''
import os, threading
from remade import _remade, make

_remade._set_watch_worth(1)


@make(name="numbers.f")
def f(x):
    with open("number") as file:
        return int(file.read())


def store(number):
    """Runs f anew, with this result."""
    with open("number", "w") as file:
        file.write(str(number))
    assert f.call(0) == number


def is_watched():
    """Whether this process has a watch of its own."""
    links = []
    for name in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            pass  # that of the list itself
    return sum("inotify" in link for link in links)


def until_watched(watches=1):
    for _ in range(100):
        f(0)
        if is_watched() == watches:
            return
    raise AssertionError("no watch")
'''


@pytest.fixture
def run():
    """Runs scripts beside each other in a folder whose changes the kernel tells."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        with open(os.path.join(folder, "numbers_f.py"), "w") as file:
            file.write(PROGRAM)

        def run(*scripts):
            environment = dict(os.environ, PYTHONPATH=folder, PYTHONDONTWRITEBYTECODE="1")
            started = [
                subprocess.Popen(
                    [sys.executable, "-c", "from numbers_f import *\n" + textwrap.dedent(script)],
                    cwd=folder, env=environment, stderr=subprocess.PIPE, text=True,
                )
                for script in scripts
            ]  # fmt: skip
            for one in started:
                _, told = one.communicate(timeout=120)
                assert (one.returncode, told) == (0, "")

        yield run


def test_a_forked_child_and_its_parent_are_told_apart(run):
    run("""
        store(1)
        until_watched()
        ask, asked = os.pipe()
        answer, answered = os.pipe()
        child = os.fork()
        if child == 0:
            # What the parent has read from the queue that it inherited, it never sees there.
            try:
                os.close(asked)
                while os.read(ask, 1):
                    os.write(answered, b"%9d" % f(0))
            finally:
                os._exit(0)
        os.close(ask)

        def child_sees():
            os.write(asked, b"?")
            return int(os.read(answer, 9))

        for number in range(2, 40):
            store(number)
            if number % 2:
                assert f(0) == number
                assert child_sees() == number
            else:
                assert child_sees() == number
                assert f(0) == number
            until_watched()
            assert [child_sees() for _ in range(9)] == [number] * 9
        os.close(asked)
        assert os.waitpid(child, 0)[1] == 0
    """)


def test_a_child_has_a_watch_of_its_own(run):
    run("""
        store(1)
        until_watched()
        child = os.fork()
        if child == 0:
            try:
                until_watched()
                store(2)
                assert f(0) == 2
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        assert f(0) == 2
    """)


WRITER = """
    import sys
    for number in range(1, 400):
        store(number)
        with open("done.new", "w") as file:
            file.write(str(number))
        os.replace("done.new", "done")
    store(-1)
"""

READER = """
    import time

    def done():
        try:
            with open("done") as file:
                return int(file.read())
        except FileNotFoundError:
            return 0

    wrong = []

    def look():
        end = time.monotonic() + 100
        while time.monotonic() < end:
            least = done()
            number = f(0)
            if number == -1:
                return
            if number < least:
                wrong.append((number, least))
        wrong.append("the writer never came to an end")

    while done() == 0:
        time.sleep(0.001)
    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong
"""


def test_threads_that_are_told_at_once_see_what_was_stored_before_they_asked(run):
    run(WRITER, READER, READER)
