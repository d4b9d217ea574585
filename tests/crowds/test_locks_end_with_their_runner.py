"""A killed runner is followed by another, a child frees no lock of its parent, and who waits can be
interrupted."""

import os
import signal
import time

import pytest

MAIN = """
    import os, time
    from remade import make
    from marks import mark

    @make(keep="all")
    def slow(x):
        mark("slow")
        while os.path.exists("hold"):
            time.sleep(0.005)
        return x

    @make(keep="all")
    def quick(x):
        mark("quick")
        return x

    @make(keep="all")
    def forks(x):
        mark("forks")
        child = os.fork()
        if child == 0:
            try:
                quick(x)  # takes a lock of its own, and gives it up
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        mark("child is gone")
        while os.path.exists("hold"):
            time.sleep(0.005)
        return x

    @make(keep="all")
    def leaves_a_child(x):
        mark("leaves")
        if os.path.exists("hold") and os.fork() == 0:
            mark("child")
            while os.path.exists("hold"):
                time.sleep(0.005)
            mark("child ends")
            os._exit(0)
        while os.path.exists("hold-runner"):
            time.sleep(0.005)
        return x
"""


@pytest.fixture
def lab(shop):
    shop.write(main=MAIN)
    shop.programs = []
    start = shop.start

    def started(script, **options):
        program = start(script, stdout=-1, stderr=-1, **options)
        shop.programs.append(program)
        return program

    shop.start = started
    yield shop
    for name in ("hold", "hold-runner"):
        (shop.folder / name).unlink(missing_ok=True)
    for program in shop.programs:
        program.kill()
        program.communicate()


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


def marks_of(lab):
    path = lab.marks.path
    return open(path).read().split("\n")[:-1] if os.path.exists(path) else []


def hold(lab, name="hold"):
    (lab.folder / name).touch()


def release(lab, name="hold"):
    (lab.folder / name).unlink()


def is_waiting(program):
    """It asks again and again without running: its time on a processor is next to nothing."""
    time.sleep(0.3)
    return program.poll() is None


def test_a_killed_runner_is_followed_by_another(lab):
    hold(lab)
    first = lab.start("import main; print(main.slow(3))")
    until(lambda: marks_of(lab) == ["slow"])
    second = lab.start("import main; print(main.slow(3))")
    assert is_waiting(second)
    assert marks_of(lab) == ["slow"]
    first.send_signal(signal.SIGKILL)
    until(lambda: marks_of(lab) == ["slow", "slow"])
    release(lab)
    assert second.communicate(timeout=60)[0] == "3\n"
    assert lab.call("slow(3)") == (3, [])


def test_a_child_that_lives_on_holds_nothing_of_its_parent(lab):
    hold(lab)
    hold(lab, "hold-runner")
    first = lab.start("import main; main.leaves_a_child(3)")
    until(lambda: "child" in marks_of(lab))
    first.send_signal(signal.SIGKILL)
    first.wait()
    release(lab, "hold-runner")
    assert "child ends" not in marks_of(lab)
    second = lab.start(
        """
        import os, main
        os.path.exists = lambda path: False  # in this process nothing is held
        print(main.leaves_a_child(3))
        """
    )
    assert second.wait(60) == 0
    assert second.stdout.read() == "3\n"
    assert marks_of(lab) == ["leaves", "child", "leaves"]
    release(lab)
    until(lambda: "child ends" in marks_of(lab))


def test_a_child_does_not_free_the_lock_of_its_parent(lab):
    hold(lab)
    first = lab.start("import main; print(main.forks(3))")
    until(lambda: "child is gone" in marks_of(lab))
    second = lab.start("import main; print(main.forks(3))")
    assert is_waiting(second)
    release(lab)
    assert (first.communicate(timeout=60)[0], second.communicate(timeout=60)[0]) == ("3\n", "3\n")
    assert marks_of(lab).count("forks") == 1


def test_an_interrupt_ends_the_waiting(lab):
    hold(lab)
    first = lab.start("import main; print(main.slow(3))")
    until(lambda: marks_of(lab) == ["slow"])
    second = lab.start(
        """
        import main
        from marks import mark
        mark("asks")
        try:
            main.slow(3)
        except KeyboardInterrupt:
            mark("interrupted")
            print(main.quick(4))
        """
    )
    until(lambda: "asks" in marks_of(lab))
    assert is_waiting(second)
    second.send_signal(signal.SIGINT)
    assert second.communicate(timeout=60)[0] == "4\n"
    assert marks_of(lab) == ["slow", "asks", "interrupted", "quick"]
    release(lab)
    assert first.communicate(timeout=60)[0] == "3\n"


def test_an_interrupt_ends_a_run_and_records_nothing(lab):
    hold(lab)
    first = lab.start("import main; print(main.slow(3))")
    until(lambda: marks_of(lab) == ["slow"])
    first.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in first.communicate(timeout=60)[1]
    release(lab)
    assert lab.call("slow(3)") == (3, ["slow"])
    assert not list(lab.folder.rglob("*.lock"))


def test_pools_inside_runs_inside_a_crowd(shop):
    shop.write(
        main="""
            from concurrent.futures import ThreadPoolExecutor
            from remade import make
            from marks import mark

            @make(keep="all")
            def square(x):
                mark("square")
                return x * x

            @make(keep="all")
            def total(n):
                mark("total")
                with ThreadPoolExecutor(4) as pool:
                    return sum(pool.map(square, list(range(n)) * 2))
        """
    )
    script = "import main; print(main.total(5), main.total(6))"
    programs = [shop.start(script, stdout=-1) for _ in range(4)]
    printed = {program.communicate(timeout=120)[0] for program in programs}
    assert printed == {"60 110\n"}
    assert sorted(shop.marks.new()) == ["square"] * 6 + ["total"] * 2
