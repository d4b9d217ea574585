"""What an object came from does not depend on the code of its class: not through a persister of one's own, of
which the record tells no code."""

import json

import numpy as np

import remade
from remade import Persister, make


class Model:
    def __init__(self, weights):
        self.weights = weights

    def predict(self, x):
        return x * self.weights[0]


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
