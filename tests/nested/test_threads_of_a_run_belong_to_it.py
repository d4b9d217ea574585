"""What a run's own threads draw from outside is drawn by the run."""

import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

import pytest

from remade import File, make

POOL = ThreadPoolExecutor(2)


@pytest.fixture(autouse=True, scope="module")
def _pool():
    yield
    POOL.shutdown()


def with_executor(function, items):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(function, items))


def with_pool(function, items):
    with ThreadPool(2) as pool:
        return pool.map(function, items)


def with_a_pool_that_was_there(function, items):
    POOL.submit(int).result()  # its first thread is none of ours
    return list(POOL.map(function, items))


def with_threads(function, items):
    found = {}

    def put(item):
        found[item] = function(item)

    threads = [threading.Thread(target=put, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[item] for item in items]


class Reader(threading.Thread):
    def __init__(self, function, item):
        super().__init__()
        self.function, self.item = function, item

    def run(self):
        self.value = self.function(self.item)


def with_a_class_of_threads(function, items):
    readers = [Reader(function, item) for item in items]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return [reader.value for reader in readers]


def with_threads_of_threads(function, items):
    return with_threads(lambda item: with_executor(function, [item])[0], items)


WAYS = [
    with_executor,
    with_pool,
    with_a_pool_that_was_there,
    with_threads,
    with_a_class_of_threads,
    with_threads_of_threads,
]


@pytest.mark.filterwarnings("ignore:.*POOL has no version")
@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_a_thread_drew_makes_the_run_stale(way, cachedir, marks, tmp_path):
    mark = marks.mark
    paths = [str(tmp_path / name) for name in ("one.txt", "two.txt")]
    names = tuple(paths)

    @make(cachedir=cachedir, keep="all")
    def read(file):
        mark("read")
        with open(file) as opened:
            return opened.read()

    @make(cachedir=cachedir)
    def everything():
        mark("everything")
        return way(read, [File(name) for name in names])

    for path in paths:
        with open(path, "w") as file:
            file.write("old")
    assert marks.of(everything) == (["old", "old"], ["everything", "read", "read"])
    assert marks.of(everything) == (["old", "old"], [])
    with open(paths[1], "w") as file:
        file.write("newer")
    assert marks.of(everything) == (["old", "newer"], ["everything", "read"])
    assert marks.of(everything) == (["old", "newer"], [])


def test_nested_runs_in_threads_are_one_each(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def square(x):
        mark("square")
        return x * x

    @make(cachedir=cachedir)
    def squares():
        return with_executor(square, [1, 2, 3] * 4)

    assert marks.of(squares) == ([1, 4, 9] * 4, ["square"] * 3)
    assert marks.of(squares) == ([1, 4, 9] * 4, [])


def test_a_thread_that_cannot_start_again_stays_as_it_was(cachedir):
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()

    @make(cachedir=cachedir)
    def again():
        with pytest.raises(RuntimeError, match="once"):
            thread.start()
        return "run" in vars(thread)

    assert again() is False


def test_a_thread_that_outlives_its_run_is_inside_it_no_more(shop):
    shop.write(
        main="""
            import threading
            from remade import make
            from marks import mark

            @make(keep="all")
            def inner(x):
                mark(f"inner {x}")
                return x

            GO_ON = threading.Event()
            THREADS = []

            def late():
                GO_ON.wait(60)
                outer("late")  # of the same key as a run that is over: nobody waits, nobody shares

            @make(keep="all")
            def outer(x):
                mark(f"outer {x}")
                if x == "first":
                    thread = threading.Thread(target=late)
                    thread.start()
                    THREADS.append(thread)
                return inner(x)
        """
    )
    value, runs = shop.run(
        """
        import main
        main.outer("first")
        main.GO_ON.set()
        main.THREADS[0].join()
        answer = main.outer("late")
        """
    )
    assert (value, runs) == ("late", ["outer first", "inner first", "outer late", "inner late"])
