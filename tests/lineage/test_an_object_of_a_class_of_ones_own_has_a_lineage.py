"""What an object came from does not depend on the code of its class: neither through a persister of one's
own, of which the record tells no code, nor after an edit."""

import json

import numpy as np

import remade
from counting import lines, note
from remade import Persister, make


class Model:
    def __init__(self, weights):
        self.weights = weights

    def predict(self, x):
        return x * self.weights[0]


def edited(self, x):
    return x * self.weights[0] * 100


class Weights(Persister):
    """Keeps what a model holds; the model is made anew."""

    extension = ".json"

    def save(self, value):
        with open(self.filename, "w") as file:
            json.dump(value.weights, file)

    def load(self):
        with open(self.filename) as file:
            return Model(json.load(file))


def pipeline(folder, **options):
    @make(cachedir=folder / "cache", **options)
    def train(weight):
        return Model([weight])

    @make(cachedir=folder / "cache", keep="all")
    def score(model, x):
        return np.zeros(2) + model.predict(x)

    return train, score


def names(value):
    """The functions and values of a lineage, each in its last word."""
    return [node.name.rpartition(".")[2] for node in remade.lineage(value)]


def test_through_a_persister_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train, score = pipeline(tmp_path, output=Weights("model.json"))
    for _ in range(2):  # the run, and what is loaded
        model = train(3)
        scores = score(model, 2)
        assert scores.tolist() == [6, 6]
        assert names(scores) == ["score", "train", "2", "3"]
        assert [node.kind for node in remade.lineage(scores)] == ["run", "run", "value", "value"]
        [origin] = remade.origin(scores).arguments[0].origins
        [kept] = remade.origin(model).results
        assert origin.version == remade.origin(model).version == kept.version


def test_after_an_edit_of_its_class(tmp_path, monkeypatch):
    train, score = pipeline(tmp_path)
    model = train(3)
    before = remade.origin(model)
    assert score(model, 2).tolist() == [6, 6]
    monkeypatch.setattr(Model, "predict", edited)
    assert remade.origin(model) == before
    assert remade.origin([model]) is None
    assert names(model) == ["train", "3"]
    assert names([model]) == ["train", "3"]
    scores = score(model, 2)  # and no warning: nobody changed the object
    assert scores.tolist() == [600, 600]
    assert names(scores) == ["score", "train", "2", "3"]
    assert remade.origin(model) == before


def test_asking_for_it_runs_nothing_of_what_its_class_reads(tmp_path, monkeypatch):
    train, _ = pipeline(tmp_path)
    reads = str(tmp_path / "reads")

    class Settings:
        def __reduce_ex__(self, protocol):
            note(reads)
            return Settings, ()

    settings = Settings()
    monkeypatch.setattr(Model, "predict", lambda self, x: settings)
    model = train(3)
    before = lines(reads)
    assert before  # its version tells what the method reads
    assert names(model)[:2] == names([model])[:2] == ["train", "3"]
    assert remade.origin(model).function.endswith("train")
    assert lines(reads) == before


def test_what_was_changed_meanwhile_has_none(tmp_path, monkeypatch):
    train, score = pipeline(tmp_path)
    model = train(3)
    monkeypatch.setattr(Model, "predict", edited)
    model.weights = [5]
    assert remade.origin(model) is None
    scores = score(model, 2)
    assert scores.tolist() == [1000, 1000]
    assert remade.origin(scores).arguments[0].origins == ()
    assert "train" not in names(scores)
