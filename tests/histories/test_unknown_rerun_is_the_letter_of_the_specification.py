"""Under `unknown="rerun"` what has no history makes the function run."""

import numpy as np
import pytest

from remade import make


class Box:
    def __init__(self, held):
        self.held = held


@pytest.fixture
def functions(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def f(x):
        return np.array(x)

    @make(cachedir=cachedir, keep="all", unknown="rerun")
    def g(a):
        mark("g")
        return repr(a)

    return f, g


@pytest.mark.filterwarnings("ignore:.*has no version")
@pytest.mark.parametrize("make_it", [lambda: np.arange(3), lambda: Box(1), lambda: [np.ones(2)]])
def test_what_nobody_made_runs_every_time(make_it, functions, marks):
    _, g = functions
    value = make_it()
    for _ in range(2):
        assert marks.of(g, value) == (repr(value), ["g"])


def test_what_was_made_is_reused(functions, marks):
    f, g = functions
    a = f([1, 2])
    assert marks.of(g, a)[1] == ["g"]
    for known in (a, f([1, 2]), f([1, 2])[:]):
        assert marks.of(g, known)[1] == []
    assert marks.of(g, a[1:])[1] == ["g"]
    assert marks.of(g, f([1, 2])[1:])[1] == []


@pytest.mark.filterwarnings("ignore:.*has no version")
def test_a_copy_is_nobodys(functions, marks):
    f, g = functions
    a = f([1, 2])
    assert marks.of(g, a)[1] == ["g"]
    a = a.copy()
    assert marks.of(g, a)[1] == ["g"]
    assert marks.of(g, a)[1] == ["g"]


@pytest.mark.parametrize("value", [1, "text", (1, (2.5, None)), {"a": [1]}, frozenset({1})])
def test_what_counts_by_value_is_reused(value, functions, marks):
    _, g = functions
    assert marks.of(g, value) == (repr(value), ["g"])
    assert marks.of(g, value) == (repr(value), [])


def test_a_global_array_is_read(shop):
    shop.write(
        main="""
            import numpy as np
            from remade import make
            from marks import mark
            TABLE = np.arange(4)

            @make(unknown="rerun")
            def total():
                mark("total")
                return int(TABLE.sum())
        """
    )
    script = """
        import main
        answer = [main.total(), main.total()]
        main.TABLE[0] = 10
        answer += [main.total(), main.total()]
    """
    assert shop.run(script) == ([6, 6, 16, 16], ["total", "total"])
    assert shop.warnings == []
