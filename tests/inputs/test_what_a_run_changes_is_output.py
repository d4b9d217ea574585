"""A global that the run itself changes is a channel for output: it is not compared, and one warning
says so where the code also reads it."""

import pytest

MAIN = """
    from remade import make
    from marks import mark

    LOG = []
    COUNT = 0
    TABLE = {}

    class Tally:
        total = 0

    TALLY = Tally()
    TALLY.total = 0

    @make()
    def logs(x):
        mark("run")
        LOG.append(x)
        return x

    @make()
    def counts(x):
        global COUNT
        mark("run")
        COUNT += 1
        return x

    @make()
    def tables(x):
        mark("run")
        TABLE[x] = x * x
        return sum(TABLE.values())

    @make()
    def tallies(x):
        mark("run")
        TALLY.total += x
        return x

    @make()
    def sets(x):
        global COUNT
        mark("run")
        COUNT = x
        return x

    def remember(x):
        LOG.append(x)

    @make()
    def by_helper(x):
        mark("run")
        remember(x)
        return x
"""


@pytest.mark.parametrize("name", ["logs", "counts", "tables", "tallies", "sets", "by_helper"])
def test_it_is_fresh_all_the_same(shop, name):
    shop.write(main=MAIN)
    script = f"""
        import main
        answer = [main.{name}(3), main.{name}(3), main.{name}(3)]
    """
    values, runs = shop.run(script)
    assert (len(set(values)), runs) == (1, ["run"])
    assert len([one for one in shop.warnings if "both reads and changes" in one]) <= 1
    assert shop.run(script) == (values, [])
    assert shop.warnings == []


@pytest.mark.parametrize(
    ("name", "reads"), [("counts", True), ("tables", True), ("tallies", True), ("sets", False)]
)
def test_one_warning_where_it_is_also_read(shop, name, reads):
    shop.write(main=MAIN)
    shop.run(f"import main\nfor x in (1, 2, 3): main.{name}(x)")
    warnings = [one for one in shop.warnings if "both reads and changes" in one]
    assert len(warnings) == reads
    assert len(shop.warnings) == len(warnings)


def test_an_input_of_one_run_is_an_output_of_the_next(shop):
    shop.write(
        main="""
            from remade import make
            from marks import mark

            STATE = {"level": 1}

            @make(keep="all")
            def f(x):
                mark("f")
                if x > 10:
                    STATE["level"] = x
                return x * STATE["level"]
        """
    )
    script = """
        import main
        answer = [main.f(2), main.f(2), main.f(20), main.f(2), main.f(2)]
    """
    values, runs = shop.run(script)
    assert (values, runs) == ([2, 2, 400, 40, 40], ["f", "f", "f"])


def test_locks_and_loggers_are_passed_over(shop):
    shop.write(
        main="""
            import logging, threading
            from remade import make
            from marks import mark

            LOCK = threading.Lock()
            LOGGER = logging.getLogger("lab")

            @make()
            def f(x):
                with LOCK:
                    LOGGER.debug("f")
                    mark("f")
                    return x
        """
    )
    script = """
        import main
        answer = [main.f(1)]
        main.LOGGER.setLevel(10)
        with main.LOCK:
            answer += [main.f(1)]
    """
    assert shop.run(script) == ([1, 1], ["f"])
    assert shop.warnings == []


def test_what_has_no_version_warns_once(shop):
    shop.write(
        main="""
            from remade import make
            from marks import mark

            STREAM = (number for number in range(3))

            @make(keep="all")
            def f(x):
                mark("f")
                return x, STREAM is None
        """
    )
    script = "import main\nanswer = [main.f(1), main.f(1), main.f(2)]"
    values, runs = shop.run(script)
    assert (values[0], runs) == (values[1], ["f", "f"])
    assert [one for one in shop.warnings if "STREAM has no version" in one] == shop.warnings
    assert len(shop.warnings) == 1
