"""History knows what an object was, not what its methods have become: where the code of its class, or of
what it holds, is another, or reads something else, whoever was given the object runs again."""

import warnings

import pytest

from remade import make, origin

MODELS = """
    SETTINGS = {"threshold": 1}

    class Part:
        def weight(self):
            return 2

    class Model:
        def __init__(self):
            self.part = Part()

        def predict(self, x):
            return x * 10 * self.part.weight()

        def is_large(self, x):
            return x > SETTINGS["threshold"]
"""

# How the model comes out of a made function, which knows nothing of its class.
PIPELINE = """
    import pickle, types
    from marks import mark
    from remade import File, Persister, make
    import models

    class Exactly(Persister):
        \"\"\"What a persister of the user's gives back counts as its file.\"\"\"

        extension = ".bin"

        def save(self, value):
            with open(self.filename, "wb") as file:
                pickle.dump(value, file)

        def load(self):
            with open(self.filename, "rb") as file:
                return pickle.load(file)

    def read(path):
        with open(path, "rb") as file:
            return pickle.load(file)

    @make
    def plain(path):
        return read(path)

    @make(output=Exactly("model.bin"))
    def kept(path):
        return read(path)

    @make
    def held(path):
        return types.SimpleNamespace(model=read(path))

    @make
    def among(path):
        return {"models": [read(path)]}

    def model_in(value):
        if isinstance(value, types.SimpleNamespace):
            return value.model
        return value["models"][0] if isinstance(value, dict) else value

    @make(keep="all")
    def evaluate(value, x):
        mark("evaluate")
        return model_in(value).predict(x)

    def answer(make_model):
        made = evaluate(make_model(File("model.pkl")), 1)
        assert made == model_in(make_model(File("model.pkl"))).predict(1)
        return made
"""


@pytest.fixture
def pipeline(shop):
    shop.write(models=MODELS, pipeline=PIPELINE)
    shop.run("import models, pickle\npickle.dump(models.Model(), open('model.pkl', 'wb'))")
    return shop


@pytest.mark.parametrize("how", ["plain", "kept", "held", "among"])
@pytest.mark.parametrize(
    ("old", "new", "value"),
    [("x * 10 *", "x * 30 *", 60), ("return 2", "return 5", 50)],
    ids=["its class", "what it holds"],
)
def test_an_edit_is_seen_by_the_next_process(pipeline, how, old, new, value):
    answer = f"answer({how})"
    assert pipeline.call(answer, "pipeline") == (20, ["evaluate"])
    assert pipeline.call(answer, "pipeline") == (20, [])
    pipeline.edit("models", old, new)
    assert pipeline.call(answer, "pipeline") == (value, ["evaluate"])
    assert pipeline.call(answer, "pipeline") == (value, [])
    pipeline.edit("models", new, old)
    assert pipeline.call(answer, "pipeline") == (20, [])


@pytest.mark.parametrize("how", ["plain", "kept", "held", "among"])
def test_an_edit_of_a_live_class_is_seen_by_the_next_call(pipeline, how):
    # As %autoreload does: the function in the class is replaced, and the old object has it.
    script = f"""
        import linecache, models, pathlib, pipeline, types
        from remade import File
        value = pipeline.{how}(File("model.pkl"))
        answer = [pipeline.evaluate(value, 1), pipeline.evaluate(value, 1)]
        path = pathlib.Path("models.py")
        path.write_text(path.read_text().replace("x * 10 *", "x * 300 *"))
        linecache.checkcache()
        again = types.ModuleType("models")
        again.__file__ = models.__file__
        exec(compile(path.read_text(), models.__file__, "exec"), vars(again))
        models.Model.predict = again.Model.predict
        models.Model.predict.__globals__.update(Part=models.Part)
        answer += [pipeline.evaluate(value, 1), pipeline.evaluate(value, 1)]
    """
    assert pipeline.run(script) == ([20, 20, 600, 600], ["evaluate"] * 2)
    assert pipeline.warnings == []


SETTINGS = {"threshold": 1}


class Judge:
    def is_large(self, x):
        return x > SETTINGS["threshold"]


@pytest.mark.parametrize("verify", [False, True])
def test_what_a_method_reads_is_seen(cachedir, marks, monkeypatch, verify):
    mark = marks.mark

    @make(cachedir=cachedir)
    def judge():
        return Judge()

    @make(cachedir=cachedir, keep="all", verify=verify)
    def verdict(judge, x):
        mark("verdict")
        return judge.is_large(x)

    judge = judge()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nobody changed the object
        assert marks.of(verdict, judge, 3) == (True, ["verdict"])
        assert marks.of(verdict, judge, 3) == (True, [])
        monkeypatch.setitem(SETTINGS, "threshold", 5)
        assert marks.of(verdict, judge, 3) == (False, ["verdict"])
        assert marks.of(verdict, judge, 3) == (False, [])
        monkeypatch.setitem(SETTINGS, "threshold", 1)
        assert marks.of(verdict, judge, 3) == (True, [])
        assert origin(judge) is not None


class Reader:
    """Its method reads a global that is the object itself."""

    def read(self):
        return type(CURRENT).__name__


CURRENT = None


def test_an_object_that_its_own_method_reads_is_no_endless_question(cachedir, marks, monkeypatch):
    mark = marks.mark

    @make(cachedir=cachedir)
    def reader():
        return Reader()

    @make(cachedir=cachedir)
    def name(reader):
        mark("name")
        return reader.read()

    one = reader()
    monkeypatch.setitem(globals(), "CURRENT", one)
    assert marks.of(name, one) == ("Reader", ["name"])
    assert marks.of(name, one) == ("Reader", [])


class Scale:
    def factor(self):
        return 2


SCALES = []


class Scaled:
    def value(self, x):
        return x * SCALES[-1].factor()


# What cannot be told ends nothing: what stands behind it counts.
@pytest.mark.parametrize("first", [0, iter([0])], ids=["a number", "an iterator"])
@pytest.mark.filterwarnings("ignore::remade.RemadeWarning")
def test_an_edit_of_what_a_method_reads_that_is_known_itself(cachedir, marks, monkeypatch, first):
    mark = marks.mark

    @make(cachedir=cachedir)
    def scale():
        return Scale()

    @make(cachedir=cachedir)
    def scaled():
        return Scaled()

    @make(cachedir=cachedir)
    def value(scaled, x):
        mark("value")
        return scaled.value(x)

    monkeypatch.setitem(globals(), "SCALES", [first, scale()])
    one = scaled()
    assert marks.of(value, one, 3) == (6, ["value"])
    if first == 0:
        assert marks.of(value, one, 3) == (6, [])
    monkeypatch.setattr(Scale, "factor", lambda self: 5)
    assert marks.of(value, one, 3) == (15, ["value"])
    if first == 0:
        assert marks.of(value, one, 3) == (15, [])
