"""A program whose text can be edited: made functions of every kind that the model knows.

The text is written twice, once with `make` and once with a `make` that does nothing, so that both
run the same functions.
"""

from __future__ import annotations

#: What edits change: name, and the values that it takes.
MEANINGS = {
    "factor": (1, 2, 3),
    "helper": (1, 2, 5),
    "helper_op": ("+", "-"),
    "default": (1, 2),
    "class_constant": (2, 3),
    "base_constant": (1, 4),
    "closure_a": (1, 2),
    "closure_b": (3, 4),
    "table": (10, 20),
    "inplace": (2, 3),
    "deep": (0, 7),
    "decorated": (1, 6),
    "lookup": ("a", "b"),
    "axis": (0, 1),
    "text": ("one", "two"),
    "set_item": (1, 2),
}

TEMPLATE = '''\
"""{docstring}"""
import functools

import numpy as np
from {maker} import File, NumpyFile, Persister, PickleFile, make
import settings

# {comment}
FACTOR = {factor}
TABLE = {{"a": 1, "b": {table}}}
NAMES = {{{set_item}, 7, "x"}}
WEIGHTS = np.array([1.0, 2.0, {set_item}])
LOG = []
{blank}

def helper(x):
    # {comment}
    return x * {helper} {helper_op} FACTOR


def deep(x):
    """{docstring}"""
    return helper(x) + {deep}


def adder(n):
    table = [n]

    def inner(x):
        return x + table[0]

    return inner


plus_a = adder({closure_a})
plus_b = adder({closure_b})


def twice(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs) * {decorated}

    return wrapper


class Base:
    offset = {base_constant}

    def shifted(self, x):
        return x + self.offset


class Scale(Base):
    factor = {class_constant}

    def __init__(self, extra):
        self.extra = extra

    def apply(self, x):
        return self.shifted(x) * self.factor + self.extra

    @make(cachedir={cache!r})
    def method(self, x):
        return self.apply(x)


class Rounded(Persister):
    def save(self, value):
        with open(self.filename, "w") as file:
            file.write(" ".join(repr(float(x)) for x in value))

    def load(self):
        with open(self.filename) as file:
            return [float(x) for x in file.read().split()]


@make(cachedir={cache!r})
def number(x):
    # {comment}
    return deep(x)


@make(cachedir={cache!r})
def source(n, k={default}):
    return np.arange(n * 6, dtype=float).reshape(n, 6) * k + helper(n)


@make(cachedir={cache!r}, output=NumpyFile({out!r} + "/transform.npy"))
def transform(a{annotation}):
    return np.array(a, dtype=float) * FACTOR + 1


@make(cachedir={cache!r}, output=NumpyFile({out!r} + "/each-{{k}}.npy"), keep=2)
def each(a, k):
    return np.asarray(a).sum(axis={axis}, keepdims=True) + k if np.ndim(a) == 2 else np.zeros(k)


@make(cachedir={cache!r}, output=PickleFile({out!r} + "/stats.pkl"))
def stats(a, *more, scale=1, **named):
    return {{"sum": float(np.sum(a)) * scale, "shape": np.shape(a), "more": more,
             "named": sorted(named.items()), "copy": np.array(a)}}


@make(cachedir={cache!r}, output=(NumpyFile({out!r} + "/pair.npy"), PickleFile({out!r} + "/pair.pkl")))
def pair(a):
    return np.array(a)[::-1] + 1.0, {{"max": float(np.max(a)), "text": {text!r}}}


@make(cachedir={cache!r}, keep="all")
def many(a, k):
    return [np.array(a) + k, {{"k": k, "half": np.array(a)[::2]}}, (k, np.asarray(a).T.copy())]


@make(cachedir={cache!r})
def inplace(a):
    a *= {inplace}
    return a


@make(cachedir={cache!r})
def inplace_lost(a):
    a += 1
    return float(np.sum(a))


@make(cachedir={cache!r})
def inplace_both(a, b):
    a += {inplace}
    return a, float(np.sum(b))


@make(cachedir={cache!r})
def identity(a):
    return a


@make(cachedir={cache!r})
def view(a):
    return a[1:]


@make(cachedir={cache!r}, output=Rounded({out!r} + "/rounded.txt"))
def own_persister(a):
    return [float(x) + {deep} for x in np.ravel(a)]


@make(cachedir={cache!r}, output=NumpyFile({out!r} + "/mapped.npy", mmap_mode="c"))
def mapped(a):
    return np.atleast_2d(np.array(a, dtype=float)) * {helper}


@make(cachedir={cache!r}, output=NumpyFile)
def weighted(a):
    return np.ravel(a)[:3] * WEIGHTS[: np.size(np.ravel(a)[:3])]


@make(cachedir={cache!r})
def containers(a, k):
    return {{"list": [1, [k]], "array": [np.array(a, order="F")], 2: (k, {{"deep": [a is None]}})}}


@make(cachedir={cache!r})
def of_dict(a, k):
    return total({{"one": a, "two": [a, k]}})


@make(cachedir={cache!r})
def total(parts):
    return float(np.sum(parts["one"]) + np.sum(parts["two"][0])) * parts["two"][1]


@make(cachedir={cache!r})
def objects(a, k):
    mixed = np.empty(2, dtype=object)
    mixed[:] = [str(k), float(np.sum(a))]
    return mixed


@make(cachedir={cache!r})
def settled(x):
    return x + settings.NUMBER + TABLE[{lookup!r}] + len(settings.LIST)


@make(cachedir={cache!r})
def named_set(x):
    return sorted(map(str, NAMES)), x


@make(cachedir={cache!r})
def closures(x):
    return plus_a(x) * 100 + plus_b(x)


@make(cachedir={cache!r})
@twice
def decorated(x):
    return x + 1


@make(cachedir={cache!r})
def accumulate(x):
    LOG.append(x)
    return x + FACTOR


@make(cachedir={cache!r})
def raises(x):
    if x == {class_constant}:
        raise ValueError(x)
    return helper(x)


@make(cachedir={cache!r})
def short(x):
    return [x, {{"k": [x, deep(x)]}}, (1, [2])]


@make(cachedir={cache!r})
def read(file):
    with open(file) as lines:
        return lines.read() + {text!r}


@make(cachedir={cache!r})
def nested(n):
    return float(source(n).sum()) + number(n)


@make(cachedir={cache!r})
def nested_deeper(n):
    return nested(n) + settled(n)


@make(cachedir={cache!r})
def nested_read(n):
    return read(File({data!r})) * n


@make(cachedir={cache!r})
def nested_caught(n):
    try:
        return read(File({maybe!r}))
    except OSError:
        return n


@make(cachedir={cache!r})
def nested_raises(n):
    try:
        return raises(n)
    except ValueError:
        return settings.NUMBER


@make(cachedir={cache!r})
def nested_inplace(n):
    a = source(n)
    b = inplace(a)
    return float(b.sum()), inplace_lost(b)


@make(cachedir={cache!r})
def nested_chain(n):
    a = source(n)
    for step in range(n):
        a = transform(a) + step
    return view(a.T)


@make(cachedir={cache!r})
def nested_method(n):
    return Scale(n).method(n)


@make(cachedir={cache!r}, ignore=("verbose",))
def ignoring(x, verbose=False):
    return helper(x)


@make(cachedir={cache!r}, verify=True)
def careful(a):
    return np.asarray(a) - 1


@make(cachedir={cache!r}, unknown="rerun")
def strict(a):
    return np.asarray(a) - 2


lambdas = make(lambda x: helper(x) * 2, cachedir={cache!r}, name="lambdas")

METHODS = {{"method": Scale(3).method}}
'''

#: Functions by what they take: a small number, an array (or a view, or a list), a file.
NUMBERS = (
    "number", "source", "settled", "named_set", "closures", "decorated", "accumulate", "raises",
    "short", "ignoring", "lambdas", "method", "nested", "nested_deeper", "nested_read",
    "nested_caught", "nested_raises", "nested_inplace", "nested_chain", "nested_method",
)  # fmt: skip
ARRAYS = (
    "transform", "each", "stats", "pair", "many", "inplace", "inplace_lost", "inplace_both",
    "identity", "view", "own_persister", "mapped", "weighted", "containers", "of_dict", "objects",
    "careful", "strict",
)  # fmt: skip
FILES = ("read",)
#: These take an array and a small number.
WITH_NUMBER = {"each", "many", "containers", "of_dict", "objects"}

#: They run every time, each for a reason that the manual gives: an argument is changed and not
#: returned, here or in a call inside; an error was caught; only history counts.
RUN_EVERY_TIME = {"inplace_lost", "nested_inplace", "nested_caught", "nested_raises", "strict"}
#: Once it was returned, a view is known as a result of its own, and that is another argument.
KNOW_VIEWS_ANEW = {"identity"}
#: A stored result leaves the caller's array alone, as documented.
RETURN_WHAT_THEY_CHANGE = {"inplace", "inplace_both"}
#: Whose results calls of other functions displace.
CALLED_INSIDE = {
    "of_dict": ("total",),
    "nested": ("source", "number"),
    "nested_deeper": ("source", "number", "nested", "settled"),
    "nested_read": ("read",),
    "nested_caught": ("read",),
    "nested_raises": ("raises",),
    "nested_inplace": ("source", "inplace", "inplace_lost"),
    "nested_chain": ("source", "transform", "view"),
    "nested_method": ("method",),
}


def text(maker: str, meanings: dict[str, object], comments: int, **places: str) -> str:
    """The program as it reads now."""
    return TEMPLATE.format(
        maker=maker,
        comment=f"remark {comments}",
        docstring=f"About {comments}.",
        blank="\n" * (comments % 5),
        annotation=": 'np.ndarray'" if comments % 2 else "",
        **meanings,
        **places,
    )
