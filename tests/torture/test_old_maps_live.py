"""A result that is run again while memory maps of earlier ones are open: no SIGBUS, and each map keeps
what it showed. In a child, so that a SIGBUS would be seen."""

import pytest
from scale import scaled

from counting import in_process

pytest.importorskip("numpy")

PROGRAM = """
    import sys
    import numpy as np
    from remade import MemMappedNiftiFile, NumpyFile, check, make

    TIMES = int(sys.argv[1])
    OUTPUTS = {
        "npy r": NumpyFile("r.npy", mmap_mode="r"),
        "npy c": NumpyFile("c.npy", mmap_mode="c"),
        "nii": MemMappedNiftiFile("a.nii"),
        "nii c": MemMappedNiftiFile("c.nii", mode="c"),
    }

    def fill(number):
        # Another size each time: a map of a file that was cut would end in a SIGBUS.
        return np.full((1 + 4096 * (number % 3), 2), number, "i4")

    for name, output in OUTPUTS.items():
        made = make(fill, output=output, name=name)
        maps = []
        for number in range(TIMES):
            made(number)
            mapped = made(number)
            assert isinstance(mapped, np.memmap), type(mapped)
            if name.endswith("c"):
                mapped[0, 0] = -1  # in memory alone
            maps.append(mapped)
            del maps[:-200]  # as many as a process may have open
            if number % 100 == 99 or number == TIMES - 1:
                for place, mapped in enumerate(maps):
                    known = number - len(maps) + 1 + place
                    assert mapped.shape == (1 + 4096 * (known % 3), 2)
                    assert (mapped[1:] == known).all() and mapped[0, 1] == known
                    assert mapped[0, 0] == (-1 if name.endswith("c") else known)
        made.clear()
        if number % 2:  # and when their file is gone
            import os
            os.remove(output.filename)
        assert all((mapped[0, 1] == mapped[-1, -1]).all() for mapped in maps)
        print(name, made.cache_info().ran, made.cache_info().reused)
    assert check("cache").problems == ()
"""


def test_every_map_keeps_what_it_showed(tmp_path):
    times = scaled(1000, least=60)
    out, err = in_process(tmp_path, PROGRAM, times)
    assert out == "".join(
        f"{name} {times} {times}\n" for name in ("npy r", "npy c", "nii", "nii c")
    )
    assert err == ""
