"""Records that came along when a script was renamed are still found by what was made from them."""

SCRIPT = """
import numpy as np
import remade
from remade import make
from marks import mark

@make
def load(size):
    mark("load")
    return np.ones(size)

@make
def double(signal):
    mark("double")
    return 2 * signal

found = remade.lineage(double(load(3)))
print([node.name for node in found if node.kind == "run"])
"""


def test_the_walk_goes_on_under_the_new_name(shop):
    (shop.folder / "first.py").write_text(SCRIPT)
    assert shop.print("first") == ("['first.double', 'first.load']", ["load", "double"])
    (shop.folder / "first.py").rename(shop.folder / "second.py")
    assert shop.print("second") == ("['second.double', 'second.load']", [])
