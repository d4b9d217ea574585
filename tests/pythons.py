"""Other Pythons, to see that they agree with this one."""

import os
import subprocess
import sys
from pathlib import Path

import remade

ROOT = Path(__file__).parent.parent


def others():
    """Interpreters by version: those of `make test`, else what `.ci/pythons` finds.

    `REMADE_TEST_PYTHONS` names more (`3.12=/path/to/python 3.13=...`).
    """  # noqa: E501
    found = {}
    for item in os.environ.get("REMADE_TEST_PYTHONS", "").split():
        version, _, path = item.partition("=")
        found[version] = path
    for path in sorted(ROOT.glob(".venv-3.*/bin/python")):
        found.setdefault(path.parts[-3].removeprefix(".venv-"), str(path))
    finder = str(ROOT / ".ci/pythons")
    if os.path.exists(finder):
        for version in _output([finder]).split():
            if version not in found:
                found[version] = _output([finder, version]).strip()
    found.pop("{}.{}".format(*sys.version_info[:2]), None)
    return found


def _output(command):
    return subprocess.run(command, capture_output=True, text=True).stdout


def environment(folder, **variables):
    """The environment in which another Python imports this remade and none of its neighbours.

    The compiled module is of the stable ABI, so it is the same for all.
    """
    package = folder / "remade"
    if not package.exists():
        package.symlink_to(Path(remade.__file__).parent, target_is_directory=True)
    return dict(os.environ, PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1", **variables)
