"""A warning that no test asked for is a failure."""

from counting import quiet
from workshop import cachedir, marks, shop

__all__ = ["cachedir", "marks", "quiet", "shop"]
