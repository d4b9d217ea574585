"""The fixtures of the workshop, and a folder in memory."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from workshop import cachedir, marks, shop

__all__ = ["cachedir", "marks", "memory", "shop"]


@pytest.fixture
def memory(tmp_path):
    """A folder in memory, where there is one: a disk would be waited for, and shows no more."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    folder = tempfile.mkdtemp(prefix="remade-torture-", dir="/dev/shm")
    yield Path(folder)
    shutil.rmtree(folder)
