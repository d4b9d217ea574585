"""Whatever calls what, wherever: everything ends, with the right value. A guard stands over each test,
and what it starts is killed."""

import os
import signal
import time

import pytest
from scale import FULL, scaled

#: Far longer than anything here takes: what is not done by then hangs.
GUARD = 60

MAIN = """
    import os, signal, sys, threading, time
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    from remade import make
    from marks import mark

    @make(keep="all")
    def fib(n):
        mark("fib")
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    @make()
    def fact(n):  # keeps one result, so each level displaces the last
        mark("fact")
        return 1 if n < 1 else n * fact(n - 1)

    @make(keep="all")
    def even(n):
        mark("even")
        return True if n == 0 else odd(n - 1)

    @make(keep="all")
    def odd(n):
        mark("odd")
        return False if n == 0 else even(n - 1)

    @make(keep="all")
    def into_itself(n, depth=3):
        \"\"\"The very same call, inside itself.\"\"\"
        mark("into_itself")
        DEPTH.append(n)
        try:
            return n if len(DEPTH) > depth else into_itself(n, depth)
        finally:
            DEPTH.pop()

    DEPTH = []

    @make(keep="all")
    def leaf(x):
        mark("leaf")
        time.sleep(0.002)
        return x * x

    @make(keep="all")
    def over_threads(n):
        mark("over_threads")
        with ThreadPoolExecutor(4) as pool:
            return sum(pool.map(leaf, range(n)))

    @make(keep="all")
    def over_processes(n):
        mark("over_processes")
        import multiprocessing
        context = multiprocessing.get_context(METHOD)
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            return sum(pool.map(leaf, range(n)))

    METHOD = "fork"

    @make(keep="all")
    def over_both(n):
        mark("over_both")
        with ThreadPoolExecutor(2) as pool:
            return sum(pool.map(over_threads, [n, n, n + 1, n + 1]))

    @make(keep="all")
    def slow(x):
        mark("slow")
        while os.path.exists("hold"):
            time.sleep(0.005)
        return x

    @make(keep="all")
    def left(x):
        mark("left")
        meet("left")
        slow_right(x)
        return ("left", x)

    @make(keep="all")
    def right(x):
        mark("right")
        meet("right")
        slow_left(x)
        return ("right", x)

    def slow_right(x):
        return right(x) if "left" == os.environ["SIDE"] else x

    def slow_left(x):
        return left(x) if "right" == os.environ["SIDE"] else x

    def meet(name):
        \"\"\"Both hold their own key before either asks for that of the other.\"\"\"
        open(f"met-{name}", "w").close()
        end = time.monotonic() + 30
        while not (os.path.exists("met-left") and os.path.exists("met-right")):
            assert time.monotonic() < end
            time.sleep(0.005)
"""


@pytest.fixture
def lab(shop):
    shop.write(main=MAIN)
    programs = []
    start = shop.start

    def started(script, **options):
        program = start(script, stdout=-1, stderr=-1, **options)
        programs.append(program)
        return program

    shop.start = started
    yield shop
    (shop.folder / "hold").unlink(missing_ok=True)
    for program in programs:
        if program.poll() is None:
            program.send_signal(signal.SIGCONT)
            program.kill()
        program.communicate()


def printed(program, seconds=GUARD):
    out, err = program.communicate(timeout=seconds)
    assert program.returncode == 0, err
    return out.strip()


def until(condition):
    end = time.monotonic() + GUARD
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


def marks_of(lab):
    path = lab.marks.path
    return open(path).read().split("\n")[:-1] if os.path.exists(path) else []


def test_recursion(lab):
    assert printed(lab.start("import main; print(main.fib(20), main.fact(30))")).startswith("6765 ")
    marks = lab.marks.new()
    assert (marks.count("fib"), marks.count("fact")) == (21, 31)


def test_recursion_in_a_crowd(lab):
    """Callers go down the same ladder at once, each waiting for the one below."""
    script = "import main; print(main.fib(15), main.even(40), main.odd(41))"
    programs = [lab.start(script) for _ in range(4)]
    assert {printed(program) for program in programs} == {"610 True True"}
    marks = lab.marks.new()
    # Where a caller lost its patience another one may have run as well; nobody needed to here.
    assert (marks.count("fib"), marks.count("even") + marks.count("odd")) == (16, 42)


def test_a_call_that_calls_itself_with_the_same_arguments(lab):
    assert printed(lab.start("import main; print(main.into_itself(1))")) == "1"


@pytest.mark.parametrize("script", ["over_threads(6)", "over_both(4)"])
def test_pools_of_threads_inside_runs(lab, script):
    programs = [lab.start(f"import main; print(main.{script})") for _ in range(3)]
    assert len({printed(program) for program in programs}) == 1
    leaves = 6 if script == "over_threads(6)" else 5
    assert lab.marks.new().count("leaf") == leaves


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools_of_processes_inside_runs(lab, method):
    lab.edit("main", 'METHOD = "fork"', f'METHOD = "{method}"')
    lab.write(
        program="import main\n\nif __name__ == '__main__':\n    print(main.over_processes(5))"
    )
    assert lab.print("program")[0] == "30"
    printed_again, marks = lab.print("program")
    assert (printed_again, marks) == ("30", [])


def test_forks_while_other_threads_hold_locks(lab):
    """A child that was forked while another thread was inside a call asks for that same call."""
    times = scaled(300, least=15)
    script = f"""
        import os, threading, time, main

        # In the first call of a process Python imports modules, under locks that no fork gives back;
        # see docs/reliability.md, where the promises end.
        main.leaf(9)
        stop = threading.Event()

        def busy(seed):
            number = 0
            while not stop.is_set():
                number += 1
                main.leaf(1000 * seed + number % 50)

        threads = [threading.Thread(target=busy, args=(seed,)) for seed in range(3)]
        for thread in threads:
            thread.start()
        children = []
        for number in range({times}):
            child = os.fork()
            if child == 0:
                right = all(main.leaf(x) == x * x for x in (number % 50, 1000 + number % 50, 9))
                os._exit(0 if right else 1)
            children.append(child)
            if len(children) == 4:
                assert all(os.waitpid(child, 0)[1] == 0 for child in children)
                children = []
        assert all(os.waitpid(child, 0)[1] == 0 for child in children)
        stop.set()
        for thread in threads:
            thread.join()
        print("done")
    """
    assert printed(lab.start(script)) == "done"
    assert not list(lab.folder.rglob("*.lock"))


def test_a_stopped_runner_is_waited_for_and_the_waiting_can_be_interrupted(lab):
    (lab.folder / "hold").touch()
    runner = lab.start("import main; print(main.slow(3))")
    until(lambda: marks_of(lab) == ["slow"])
    runner.send_signal(signal.SIGSTOP)
    (lab.folder / "hold").unlink()
    waiter = lab.start(
        """
        import main, time
        from marks import mark
        mark("asks")
        try:
            print(main.slow(3))
        except KeyboardInterrupt:
            mark("interrupted")
        """
    )
    patient = lab.start("import main; print(main.slow(3))")
    until(lambda: "asks" in marks_of(lab))
    time.sleep(0.5)
    assert waiter.poll() is None
    assert patient.poll() is None
    waiter.send_signal(signal.SIGINT)
    assert printed(waiter) == ""
    assert marks_of(lab) == ["slow", "asks", "interrupted"]
    runner.send_signal(signal.SIGCONT)
    assert printed(runner) == "3"
    assert printed(patient) == "3"
    assert marks_of(lab).count("slow") == 1


def test_an_interrupt_reaches_a_waiter_among_threads(lab):
    """The main thread waits for another thread of its own process."""
    (lab.folder / "hold").touch()
    program = lab.start(
        """
        import main, os, signal, threading
        from marks import mark
        thread = threading.Thread(target=main.slow, args=(3,))
        thread.start()
        marks = os.environ["MARKS"]
        while not os.path.exists(marks) or not os.path.getsize(marks):
            pass
        mark("asks")
        try:
            main.slow(3)
        except KeyboardInterrupt:
            mark("interrupted")
        os.unlink("hold")
        thread.join()
        print(main.slow(3))
        """
    )
    until(lambda: "asks" in marks_of(lab))
    time.sleep(0.3)
    program.send_signal(signal.SIGINT)
    assert printed(program) == "3"
    assert marks_of(lab) == ["slow", "asks", "interrupted"]


@pytest.mark.skipif(not FULL, reason="a caller that holds a key waits for 60 s: REMADE_TORTURE=1")
def test_two_that_wait_for_each_other_end_when_one_loses_patience(lab):
    """Each holds its own key and asks for that of the other, which could last for ever."""
    programs = []
    for side in ("left", "right"):
        lab.environment["SIDE"] = side
        programs.append(lab.start(f"import main; print(main.{side}(3))"))
    began = time.monotonic()
    # A caller waits as long as the guard stands over the others.
    said = sorted(printed(program, seconds=3 * GUARD) for program in programs)
    assert said == ["('left', 3)", "('right', 3)"]
    print(f"both ended after {time.monotonic() - began:.1f} s")
