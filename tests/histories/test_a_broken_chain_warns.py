"""What was changed outside made functions still gets the stored result, and never in silence."""

import numpy as np
import pytest

from remade import NumpyFile, make
from workshop import told


@pytest.fixture
def pipeline(cachedir, marks, tmp_path):
    mark = marks.mark

    @make(cachedir=cachedir, output=NumpyFile(tmp_path / "f.npy"))
    def f(x):
        return np.array(x)

    @make(cachedir=cachedir, output=NumpyFile(tmp_path / "g.npy"))
    def g(x):
        mark("g")
        return x**2

    return f, g


def test_a_stored_result_answers_with_a_warning(pipeline, marks):
    f, g = pipeline
    a = f([1, 2])
    assert marks.of(g, a)[1] == ["g"]
    a *= 2
    (value, warnings), runs = marks.of(told, g, a)
    assert (value.tolist(), runs) == ([1, 4], [])
    assert len(warnings) == 1
    assert "the argument x" in warnings[0]
    assert "returned by" in warnings[0]
    assert "verify=True" in warnings[0]


def test_a_view_of_a_changed_array_warns_too(pipeline, marks):
    f, g = pipeline
    a = f([1, 2, 3])
    assert g(a[1:]).tolist() == [4, 9]
    a[0] = 7  # not even in the view: the wire is one for the array
    (value, warnings), runs = marks.of(told, g, a[1:])
    assert (value.tolist(), runs, len(warnings)) == ([4, 9], [], 1)


def test_before_the_first_run_the_history_ends_and_the_run_is_true(pipeline, marks):
    f, g = pipeline
    a = f([1, 2])
    a *= 2
    (value, warnings), runs = marks.of(told, g, a)
    assert (value.tolist(), runs) == ([4, 16], ["g"])
    assert len(warnings) == 1
    assert "changed outside made functions since one returned it" in warnings[0]
    (value, warnings), runs = marks.of(told, g, a)
    assert (value.tolist(), runs, warnings) == ([4, 16], [], [])
    (value, warnings), runs = marks.of(told, g, np.array([2, 4]))
    assert (value.tolist(), runs, warnings) == ([4, 16], [], [])


def test_a_change_too_small_for_the_wire_is_found_before_a_run(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def zeros(n):
        return np.zeros(n)

    @make(cachedir=cachedir, keep="all")
    def total(a, label):
        mark("total")
        return float(a.sum())

    a = zeros(1_000_000)
    for place in range(0, a.size, 100_000):
        a[place + 77] += 1
    value, warnings = told(total, a, "first")
    assert (value, len(warnings)) == (10.0, 1)
    assert total(zeros(1_000_000), "first") == 0.0


def test_verify_sees_every_change(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def zeros(n):
        return np.zeros(n)

    @make(cachedir=cachedir, verify=True)
    def total(a):
        mark("total")
        return float(a.sum())

    a = zeros(1_000_000)
    assert marks.of(total, a) == (0.0, ["total"])
    for place in (0, 77, 500_001, 999_999):
        before = float(a.sum())
        a[place] += 1
        assert marks.of(told, total, a)[0][0] == before + 1
        assert marks.of(total, a) == (before + 1, [])


def test_a_changed_global_warns_and_verify_sees_it(shop):
    shop.write(
        main="""
            import numpy as np
            from remade import make
            from marks import mark

            @make()
            def count(n):
                return np.arange(n)

            TABLE = count(5)

            @make()
            def total():
                mark("total")
                return int(TABLE.sum())

            @make(verify=True)
            def verified():
                mark("verified")
                return int(TABLE.sum())
        """
    )
    script = """
        import main
        answer = [main.total(), main.verified()]
        main.TABLE += 1
        answer += [main.total(), main.verified()]
    """
    assert shop.run(script) == ([10, 10, 10, 15], ["total", "verified", "verified"])
    assert any("main.total: the global" in warning for warning in shop.warnings)


def test_an_attribute_set_outside_warns(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def build(x):
        return Model(x)

    @make(cachedir=cachedir)
    def predict(model):
        mark("predict")
        return model.weight * 2

    model = build(3)
    assert marks.of(predict, model) == (6, ["predict"])
    model.weight = 5
    (value, warnings), runs = marks.of(told, predict, model)
    assert (value, runs, len(warnings)) == (6, [], 1)


class Model:
    def __init__(self, weight):
        self.weight = weight
