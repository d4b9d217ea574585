"""What the tests of histories, edits, nested calls and crowds share.

A `Workshop` is a folder of real modules for real processes. Runs are counted by what the functions
append to a file, so that a count holds across threads and processes.
"""

import functools
import json
import os
import signal
import subprocess
import sys
import textwrap
import warnings

import pytest

MARKS = '''\
"""How a run leaves a mark: one short line, appended at once."""

import os


def mark(name):
    file = os.open(os.environ["MARKS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, (name + "\\n").encode())
    finally:
        os.close(file)
'''

RUN = """\
import json, sys, warnings
sys.path.insert(0, {folder!r})
answer = None
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
{script}
told = [str(one.message) for one in caught if one.category.__name__ == "RemadeWarning"]
print("\\n" + json.dumps([answer, told]))
"""


def append(path, name):
    """One mark in the file at `path`."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, (name + "\n").encode())
    finally:
        os.close(file)


class Marks:
    """A file of marks, and who reads what was added since the last look."""

    def __init__(self, path):
        self.path = str(path)
        self._read = 0

    @property
    def mark(self):
        """A plain function for the body of a made function."""
        return functools.partial(append, self.path)

    def new(self):
        """The marks since the last look, in order."""
        if not os.path.exists(self.path):
            return []
        with open(self.path) as file:
            marks = file.read().split("\n")[:-1]
        before, self._read = self._read, len(marks)
        return marks[before:]

    def of(self, function, *args, **kwargs):
        """What a call returned, and the runs that it took."""
        self.new()
        value = function(*args, **kwargs)
        return value, self.new()


def told(function, *args, **kwargs):
    """What a call returned, and the warnings of remade that it gave."""
    from remade import RemadeWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = function(*args, **kwargs)
    return value, [str(one.message) for one in caught if one.category is RemadeWarning]


class Workshop:
    """A folder of modules, edited as a person edits them, and run in processes of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.marks = Marks(folder / "marks")
        self.warnings = []
        self.environment = dict(
            os.environ, MARKS=self.marks.path, PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1"
        )
        (folder / "marks.py").write_text(MARKS)

    def write(self, **modules):
        for name, text in modules.items():
            path = self.folder / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))

    def edit(self, module, old, new):
        """Replaces a text that is there exactly once."""
        path = self.folder / f"{module}.py"
        text = path.read_text()
        assert text.count(old) == 1, (old, text)
        path.write_text(text.replace(old, new))

    def start(self, script, **options):
        """A process that runs a script in the folder, and that an interrupt reaches.

        A shell that starts the tests in the background lets them, and what they start, ignore it.
        """
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)],
            cwd=self.folder,
            env=self.environment,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **options,
        )

    def run(self, script):
        """The `answer` of a script in a process of its own, and the runs that it took."""
        self.marks.new()
        script = textwrap.indent(textwrap.dedent(script), "    ")
        text = RUN.format(folder=str(self.folder), script=script)
        done = subprocess.run(
            [sys.executable, "-c", text],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        answer, self.warnings = json.loads(done.stdout.rsplit("\n", 2)[-2])
        return answer, self.marks.new()

    def call(self, expression, module="main"):
        """The value of an expression over a module, in a process of its own, and its runs."""
        return self.run(f"import {module}\nanswer = eval({expression!r}, vars({module}))")

    def print(self, script):
        """What the script file of that name prints, and the runs that it took."""
        self.marks.new()
        done = subprocess.run(
            [sys.executable, f"{script}.py"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip(), self.marks.new()


@pytest.fixture
def shop(tmp_path):
    """A folder of modules that are edited and run."""
    return Workshop(tmp_path)


@pytest.fixture
def marks(tmp_path):
    """A file that counts runs."""
    return Marks(tmp_path / "marks")


@pytest.fixture
def cachedir(tmp_path):
    """Where made functions of this test keep their results."""
    return tmp_path / "cache"
