"""A small pipeline in four files, with everything in it that one edits."""

MAIN = '''\
"""The steps."""

import functools

import helpers
from remade import make
from marks import mark

FACTOR = 3
UNUSED = 1


def logged(level):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args):
            wrapper.calls = level
            return function(*args)

        return wrapper

    return decorate


def adder(amount):
    def add(x):
        return x + amount

    return add


plus = adder(10)


class Base:
    offset = 100

    def shift(self, x):
        return x + self.offset


class Model(Base):
    scale = 2

    def fit(self, x):
        return self.shift(x) * self.scale


class Plain:
    def __init__(self, weight):
        self.weight = weight

    def weigh(self, x):
        return x * self.weight


@make()
@logged(level=1)
def f(x, bias=1000):
    """Steps on."""
    # a comment
    mark("f")
    doubled = helpers.double(x)
    return Model().fit(doubled * FACTOR) + bias + plus(x)


@make()
def g(plain, x):
    mark("g")
    return plain.weigh(x)


@make()
def downstream(y):
    mark("downstream")
    return -y


def unrelated():
    return "unrelated"
'''

HELPERS = '''\
"""Helpers."""

import deeper


def double(x: int) -> int:
    """Twice."""
    return deeper.multiply(x, 2)


def other():
    return deeper.other() + 1
'''

DEEPER = """\
TABLE = {2: 2, 3: 3}


def multiply(x, times):
    return x * TABLE[times]


def other():
    return 0
"""


def write(shop):
    shop.write(main=MAIN, helpers=HELPERS, deeper=DEEPER)
