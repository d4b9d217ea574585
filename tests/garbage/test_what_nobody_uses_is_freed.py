"""Made functions, and all that is kept of them, go when nobody uses them any more."""

import asyncio
import functools
import gc
import weakref

import pytest

from remade import Persister, PickleFile, make
from remade import _remade as engine


@pytest.fixture
def cachedir(tmp_path):
    return tmp_path / "cache"


def closure(cachedir):
    step = 2

    @make(cachedir=cachedir)
    def made(x):
        return x + step

    return made, 1


def recursion_through_a_cell(cachedir):
    @make(cachedir=cachedir)
    def made(x):
        return 1 if x < 1 else made(x - 1) + 1

    return made, 2


def two_that_call_each_other(cachedir):
    @make(cachedir=cachedir)
    def even(x):
        return x == 0 or odd(x - 1)

    @make(cachedir=cachedir)
    def odd(x):
        return x != 0 and even(x - 1)

    return even, 2


def one_plain_function_made_twice(cachedir):
    def plain(x):
        return [one, other, x][-1]

    one = make(plain, cachedir=cachedir)
    other = make(plain, cachedir=cachedir, name="other")
    other(1)
    return one, 1


def wrapped(cachedir):
    def decorator(function):
        @functools.wraps(function)
        def wrapper(*args):
            return function(*args)

        return wrapper

    @make(cachedir=cachedir)
    @decorator
    def made(x):
        return (made, x)[1]

    made.myself = made
    return made, 1


def in_its_own_options(cachedir):
    known = []
    file = PickleFile(cachedir / "file.pkl")
    file.known = known

    def plain(x):
        return [x]

    made = make(plain, cachedir=cachedir, output=[file], depends=(known,), keep=1)
    assert made(1) == [1]
    known.append(made)
    return made, None


def in_its_default(cachedir):
    box = []

    @make(cachedir=cachedir)
    def made(x, box=box):
        return x

    made(1)
    box.append(made)
    return made, None


def in_a_persister_of_its_own(cachedir):
    class File(Persister):
        def save(self, value):
            with open(self.filename, "w") as file:
                file.write(str(value))

        def load(self):
            with open(self.filename) as file:
                return int(file.read()) if made else None

    @make(cachedir=cachedir, output=File)
    def made(x):
        return x

    return made, 1


def method_of_a_class(cachedir):
    class Model:
        @make(cachedir=cachedir)
        def made(self, x):
            return x + self.offset(Model)

        def offset(self, kind):
            return kind is not Model

    model = Model()
    model.bound = model.made
    model.bound(1)
    return Model.made, None


def namespace(cachedir):
    names = {"make": make, "cachedir": cachedir, "__name__": "notebook"}
    program = "@make(cachedir=cachedir)\ndef made(x):\n    return x if made else helper\n"
    exec(
        program + "def helper():\n    return made\nother = make(made.__wrapped__, name='o')\n",
        names,
    )
    return names["made"], 1


def coroutine(cachedir):
    @make(cachedir=cachedir)
    async def made(x):
        return x if x < 1 else await made(x - 1)

    assert asyncio.run(made(2)) == 0
    return made, None


WAYS = [
    closure,
    recursion_through_a_cell,
    two_that_call_each_other,
    one_plain_function_made_twice,
    wrapped,
    in_its_own_options,
    in_its_default,
    in_a_persister_of_its_own,
    method_of_a_class,
    namespace,
    coroutine,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_made_function_that_reaches_itself_is_freed(way, cachedir):
    alive = []
    for _ in range(3):
        made, argument = way(cachedir)
        if argument is not None:
            made(argument)
        alive += [weakref.ref(made), weakref.ref(made.__wrapped__)]
        del made
    gc.collect()
    assert [reference() for reference in alive] == [None] * len(alive)


def test_what_the_collector_visits_twice_stays_whole(cachedir):
    """Two made functions share what is known of their code: neither may be taken for garbage."""
    one = make(plain, cachedir=cachedir)
    other = make(plain, cachedir=cachedir, name="other")
    assert (one(1), other(1)) == (1, 1)
    for _ in range(3):
        gc.collect()
        assert (one(1), other(1)) == (1, 1)
    del one
    gc.collect()
    assert other(2) == 2


def plain(x):
    return x


def test_a_call_in_progress_survives_a_collection(cachedir):
    @make(cachedir=cachedir)
    def made(x):
        gc.collect()
        return x if x < 1 else made(x - 1) + 1

    assert made(5) == 5
    assert made(5) == 5


def test_a_collection_while_one_is_being_made_does_no_harm(cachedir):
    """Python allocates the `__dict__` of an object before there is anything in the object."""
    made = make(plain, cachedir=cachedir)
    kept, thresholds = [], gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        for _ in range(100):
            kept += [{} for _ in range(100)]  # none is left to be used again
            kept.append(engine.MadeFunction(*made._arguments, **made._options))
    finally:
        gc.set_threshold(*thresholds)


def test_a_thousand_made_functions_leave_nothing(cachedir):
    def use(count):
        alive = []
        for number in range(count):
            made, argument = recursion_through_a_cell(cachedir)
            made(argument)
            alive.append(weakref.ref(made))
            if number % 100 == 99:
                gc.collect()
        del made
        gc.collect()
        assert not any(reference() for reference in alive)

    use(200)  # what is kept on purpose, such as the parsed file
    objects, memory = len(gc.get_objects()), resident()
    use(1000)
    assert len(gc.get_objects()) <= objects + 50
    assert resident() < memory + 2 * 2**20


def test_classes_of_values_are_freed(cachedir):
    @make(cachedir=cachedir)
    def made(value):
        return 1

    def use():
        class Local:
            def __init__(self):
                self.maker = use

        made(Local())
        return weakref.ref(Local)

    references = [use() for _ in range(20)]
    gc.collect()
    # The last one may be held by what is known of the last call.
    assert sum(reference() is not None for reference in references) <= 1


def test_a_hundred_thousand_calls_leave_nothing(cachedir):
    numpy = pytest.importorskip("numpy", reason="needs numpy")

    @make(cachedir=cachedir, keep=2)
    def start(number):
        return numpy.full(1000, float(number))

    @make(cachedir=cachedir, keep="all")
    def total(array):
        return float(array.sum())

    def use(count):
        for number in range(count):
            assert total(start(number % 2)[number % 7 :]) >= 0

    use(2000)
    gc.collect()
    known, objects, memory = engine._registry_size(), len(gc.get_objects()), resident()
    use(50_000)
    gc.collect()
    assert engine._registry_size() <= known + 200
    assert len(gc.get_objects()) <= objects + 200
    assert resident() < memory + 4 * 2**20


def resident():
    """Bytes of memory that the process has, where the system tells."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096
    except OSError:
        return 0
