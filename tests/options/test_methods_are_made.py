"""A made function in a class body is a method."""

import inspect

import pytest

from counting import warned
from remade import make


def test_self_counts_by_its_state(tmp_path):
    runs = []

    class Model:
        def __init__(self, scale):
            self.scale = scale

        @make(cachedir=tmp_path)
        def fit(self, x):
            """Fits."""
            runs.append(x)
            return self.scale * x

    one, same, other = Model(2), Model(2), Model(3)
    assert [one.fit(1), one.fit(x=1), same.fit(1), other.fit(1)] == [2, 2, 2, 3]
    assert runs == [1, 1]
    other.scale = 2
    assert Model.fit(other, 1) == 2
    other.fit(1)
    assert runs == [1, 1, 1]


def test_a_bound_method_looks_and_answers_like_one(tmp_path):
    class Model:
        @make(cachedir=tmp_path, output=None)
        def fit(self, x: int) -> int:
            """Fits."""
            return x

    model = Model()
    assert inspect.signature(model.fit) == inspect.Signature(
        [inspect.Parameter("x", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=int)],
        return_annotation=int,
    )
    assert (model.fit.__name__, model.fit.__doc__) == ("fit", "Fits.")
    assert model.fit.__qualname__.endswith("Model.fit")
    assert model.fit.__self__ is model
    assert model.fit == model.fit
    assert len({model.fit, model.fit}) == 1
    assert model.fit != Model().fit
    assert not model.fit.check_call_in_cache(1)
    assert model.fit(1) == 1
    assert model.fit.check_call_in_cache(1)
    assert model.fit.call(1) == 1
    assert model.fit.cache_info().ran == 2
    assert model.fit.load() == 1
    model.fit.clear()
    assert not model.fit.check_call_in_cache(1)


def test_class_and_static_methods_are_made_below_their_own_decorator(tmp_path):
    runs = []

    class Model:
        name = "model"

        @classmethod
        @make(cachedir=tmp_path)
        def of_class(cls, x):
            runs.append("class")
            return cls.name, x

        @staticmethod
        @make(cachedir=tmp_path)
        def static(x):
            runs.append("static")
            return x

        @property
        @make(cachedir=tmp_path)
        def size(self):
            runs.append("size")
            return 3

    for _ in range(2):
        assert Model.of_class(1) == ("model", 1)
        assert Model().of_class(1) == ("model", 1)
        assert Model.static(1) == 1
        assert Model().static(1) == 1
        assert Model().size == 3
    assert runs == ["class", "static", "size"]


def test_above_them_it_is_refused_with_what_to_write():
    for kind in (classmethod, staticmethod):
        with pytest.raises(TypeError, match=f"write @{kind.__name__} above @make"):

            class Model:
                @make
                @kind
                def f(self):
                    return 1


def test_a_method_that_changes_its_object_runs_every_time_and_says_so_once(tmp_path):
    class Model:
        def __init__(self):
            self.fitted = None

        @make(cachedir=tmp_path)
        def fit(self, x):
            self.fitted = x
            return x

    with warned(("argument self", "did not return it")):
        for _ in range(2):
            model = Model()
            model.fit(1)
            assert model.fitted == 1


def test_a_subclass_is_another_self(tmp_path):
    runs = []

    class Base:
        factor = 2

        @make(cachedir=tmp_path, keep=2)
        def fit(self, x):
            runs.append(type(self).__name__)
            return self.factor * x

    class Sub(Base):
        factor = 3

    for _ in range(2):
        assert [Base().fit(1), Sub().fit(1)] == [2, 3]
    assert runs == ["Base", "Sub"]


def test_a_method_calls_the_one_above_it(tmp_path):
    class Base:
        @make(cachedir=tmp_path)
        def fit(self, x):
            return x

    class Sub(Base):
        @make(cachedir=tmp_path)
        def fit(self, x):
            return super().fit(x) + 1

    assert [Sub().fit(1), Sub().fit(1)] == [2, 2]


def test_the_class_is_the_same_after_an_instance_was_pickled(tmp_path):
    """`copyreg` writes into the class when the first instance is reduced."""

    class Model:
        def __init__(self, x):
            self.x = x

        def fit(self):
            return self.x

    made = make(Model(1).fit, cachedir=tmp_path)
    assert "__slotnames__" not in vars(Model)
    made()
    Model(1).__reduce_ex__(4)
    assert "__slotnames__" in vars(Model)
    made()
    assert made.cache_info().ran == 1
