"""The fixtures of the workshop, and no warning that nobody asked for."""

from counting import quiet
from workshop import cachedir, marks, shop

__all__ = ["cachedir", "marks", "quiet", "shop"]
