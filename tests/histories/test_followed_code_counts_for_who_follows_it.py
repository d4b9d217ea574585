"""Who follows a package runs again after an edit of it also where history knows the object: whoever made
that may not have followed the package, and its record tells nothing of it. Nobody else does."""

import os

import pytest

LAB = """
    FACTOR = {"by": 10}

    def factor():
        return FACTOR["by"]

    class Base:
        def predict(self, x):
            return self.weight * x

    class Model(Base):
        def __init__(self, weight):
            self.weight = weight
"""

# What is returned, and how it answers.
PIPELINE = """
    import numpy as np
    from marks import mark
    from remade import NumpyFile, make
    import lab

    class Own:
        def __init__(self, weight):
            self.model = lab.Model(weight)

        def predict(self, x):
            return self.model.predict(x)

    class Calling:
        def predict(self, x):
            return 3 * x * lab.factor() // 10

    class Derived(lab.Model):
        pass

    class Plain:
        def predict(self, x):
            return 3 * x

    MADE = {
        "itself": lambda: lab.Model(3),
        "held": lambda: Own(3),
        "called": Calling,
        "derived": lambda: Derived(3),
        "among": lambda: {"models": [lab.Model(3)]},
        "array": lambda: np.array([lab.Model(3)], dtype=object),
        "plain": Plain,
    }

    # Who makes it knows neither class nor package.
    def give(how):
        import importlib
        return importlib.import_module("pipeline").MADE[how]()

    followed = make(name="followed", follow=("lab",))(give)
    plain = make(name="plain")(give)

    def answer(made, x):
        if isinstance(made, dict):
            made = made["models"][0]
        if isinstance(made, np.ndarray):
            made = made[0]
        return made.predict(x)

    @make(keep="all", follow=("lab",))
    def following(made, x):
        mark("following")
        return answer(made, x)

    @make(keep="all")
    def others(made, x):
        mark("others")
        return answer(made, x)
"""


@pytest.fixture
def shop(shop):
    """`lab` is installed, as packages are."""
    library = shop.folder / "site-packages"
    library.mkdir()
    shop.write(pipeline=PIPELINE, **{"site-packages/lab": LAB})
    before = shop.environment.get("PYTHONPATH")
    shop.environment["PYTHONPATH"] = os.pathsep.join(filter(None, [before, str(library)]))
    return shop


EDITS = {
    "a method": ("self.weight * x", "self.weight * x * 100"),
    "what is read": ('{"by": 10}', '{"by": 1000}'),
}
SEEN = [(how, "a method") for how in ("itself", "held", "derived", "among", "array")] + [
    ("called", "what is read")
]


@pytest.mark.parametrize("by", ["followed", "plain"])
@pytest.mark.parametrize(("how", "edit"), SEEN)
def test_in_the_next_process(shop, how, edit, by):
    call = f"following({by}({how!r}), 2)"
    assert shop.call(call, "pipeline") == (6, ["following"])
    assert shop.call(f"[{call}, {call}]", "pipeline") == ([6, 6], [])
    shop.edit("site-packages/lab", *EDITS[edit])
    assert shop.call(call, "pipeline") == (600, ["following"])
    assert shop.call(f"[{call}, {call}]", "pipeline") == ([600, 600], [])
    assert shop.warnings == []


@pytest.mark.parametrize("by", ["followed", "plain"])
@pytest.mark.parametrize(("how", "edit"), SEEN)
def test_in_the_same_process(shop, how, edit, by):
    script = f"""
        import lab, pipeline
        made = pipeline.{by}({how!r})
        answer = [pipeline.following(made, 2), pipeline.following(made, 2)]
        if {edit!r} == "a method":
            lab.Base.predict = lambda self, x: self.weight * x * 100
        else:
            lab.FACTOR["by"] = 1000
        answer += [pipeline.following(made, 2), pipeline.following(made, 2)]
    """
    assert shop.run(script) == ([6, 6, 600, 600], ["following"] * 2)
    assert shop.warnings == []


@pytest.mark.parametrize("how", ["itself", "held"])
def test_who_does_not_follow_it_sees_no_edit(shop, how):
    call = f"others(followed({how!r}), 2)"
    assert shop.call(call, "pipeline") == (6, ["others"])
    shop.edit("site-packages/lab", *EDITS["a method"])
    assert shop.call(call, "pipeline") == (6, [])


def test_what_reaches_none_of_it_is_known_by_history(shop):
    shop.write(
        rounding="""
        import numpy as np
        from marks import mark
        from remade import Persister, make
        from pipeline import Plain

        class Halves(Persister):
            \"\"\"What comes back is not what was given, and counts as the file.\"\"\"

            extension = ".txt"

            def save(self, value):
                with open(self.filename, "w") as file:
                    file.write(str(round(value.weight)))

            def load(self):
                with open(self.filename) as file:
                    return weighing(float(file.read()))

        def weighing(weight):
            made = Plain()
            made.weight = weight
            return made

        @make(output=Halves("made.txt"))
        def give():
            return weighing(3.25)

        @make(keep="all", follow=("lab",))
        def following(made):
            mark("following")
            return made.predict(2)
        """
    )
    assert shop.call("following(give())", "rounding") == (6, ["following"])
    assert shop.call("following(give())", "rounding") == (6, [])


def test_a_change_outside_made_functions_is_told_as_to_everybody(shop):
    script = """
        import pipeline
        made = pipeline.plain("itself")
        answer = [pipeline.{0}(made, 2)]
        made.weight = 50
        answer += [pipeline.{0}(made, x) for x in (2, 3, 2)]
    """
    told = []
    for who in ("others", "following"):
        assert shop.run(script.format(who)) == ([6, 6, 150, 100], [who] * 3)
        told.append([text.replace(who, "") for text in shop.warnings])
    assert told[0] == told[1]
    assert ["still answers" in text for text in told[0]] == [True, False]


def test_what_is_read_once_is_compared_before_every_run(shop):
    shop.write(
        mine="""
        import lab
        from pipeline import following
        from remade import make

        class Own(lab.Model):
            def __init__(self, *weights):
                self.weights = list(weights)

            def predict(self, x):
                return x * sum(self.weights)

        @make(keep="all")
        def give(*weights):
            return Own(*weights)

        def edited(self, x):
            return x * sum(self.weights) * 10
        """
    )
    script = """
        from mine import Own, edited, following, give
        made = give(1, 2)
        answer = [following(made, 1)]
        Own.predict = edited
        answer.append(following(made, 1))
        made.weights.append(4)  # no attribute is another: nothing shows it but a look
        answer += [following(made, 2), following(Own(1, 2), 2), following(give(1, 2), 2)]
        Own.predict, Own.other = lambda self, x: x, None
        answer += [following(made, 2), following(Own(1, 2), 2)]
    """
    answer, _ = shop.run(script)
    assert answer == [3, 30, 140, 60, 60, 2, 2]
