"""Writes the store of the format of now anew: `python write_golden.py`, where remade is installed.

The stores of earlier formats are never written again: they are what people have.
"""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE / "format1"

if __name__ == "__main__":
    shutil.rmtree(PROJECT, ignore_errors=True)
    PROJECT.mkdir()
    shutil.copy(HERE / "lab.py", PROJECT)
    (PROJECT / "data.txt").write_text("one two three\n")
    os.chdir(PROJECT)
    sys.path.insert(0, str(PROJECT))
    sys.dont_write_bytecode = True
    import lab

    for _ in range(2):  # the second time, what is loaded
        values = {name: call() for name, call in lab.calls().items()}
    (PROJECT / "values.txt").write_text("".join(f"{n}: {v!r}\n" for n, v in values.items()))
    # A store of its own is passed over by git; this one is to be kept.
    (PROJECT / "cache" / ".gitignore").unlink()
