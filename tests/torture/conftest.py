"""The fixtures of the workshop."""

from workshop import cachedir, marks, shop

__all__ = ["cachedir", "marks", "shop"]
