"""A warning that no test asked for is a failure."""

from counting import quiet

__all__ = ["quiet"]
