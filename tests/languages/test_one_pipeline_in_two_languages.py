"""Rust and Python work on one store: each reads what the other wrote, and runs only what it must."""

from __future__ import annotations

import os
import subprocess

import numpy as np
import pytest

import remade
from remade import File, NumpyFile, _remade, make


@pytest.fixture
def rust(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> list[str]:
        environment = {name: text for name, text in os.environ.items() if "REMADE" not in name}
        done = subprocess.run(
            [program, *words], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    return run


def test_a_file_of_rust_is_an_input_of_python_and_the_reverse(rust, tmp_path):
    runs = []

    @make(output=NumpyFile("scaled.npy"), cachedir="cache")
    def scaled(file):
        runs.append(file)
        return 2 * np.load(file)

    ran, version = rust("write", "5")
    assert ran == "ran pipeline.wave"
    for _ in range(2):
        assert scaled(File("wave.npy")).tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert len(runs) == 1
    size = str((tmp_path / "scaled.npy").stat().st_size)
    assert rust("read", "scaled.npy") == ["ran pipeline.bytes_in", size]
    assert rust("read", "scaled.npy") == ["reused pipeline.bytes_in", size]
    # Nothing changes: nothing runs, in either language.
    assert rust("write", "5") == ["reused pipeline.wave", version]
    scaled(File("wave.npy"))
    assert len(runs) == 1
    # Another wave: all of it runs.
    assert rust("write", "6")[0] == "ran pipeline.wave"
    scaled(File("wave.npy"))
    assert len(runs) == 2
    assert rust("read", "scaled.npy")[0] == "ran pipeline.bytes_in"


def test_python_walks_back_from_what_rust_wrote(rust):
    ran, version = rust("write", "3")
    assert ran == "ran pipeline.wave"
    found = remade.lineage(File("wave.npy"), cachedir="cache")
    assert [(node.kind, node.name) for node in found] == [("run", "pipeline.wave"), ("value", "3")]
    run = found.nodes[0].run
    assert run is not None
    assert run.language.startswith("rust 1.")
    assert [argument.name for argument in run.arguments] == ["length"]
    assert found.nodes[0].version is None or found.nodes[0].version == version
    assert "pipeline.wave" in str(found)
    # A file that somebody changed is no result of anything.
    np.save("wave.npy", np.zeros(3))
    assert len(remade.lineage(File("wave.npy"), cachedir="cache")) == 0


def test_a_file_that_python_wrote_has_its_lineage_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    @make(output=NumpyFile("ones.npy"), cachedir="cache")
    def ones(length):
        return np.ones(length)

    ones(4)
    found = remade.lineage(File("ones.npy"), cachedir="cache")
    assert [node.kind for node in found] == ["run", "value"]
    assert found.nodes[0].name.endswith("ones")


def test_values_have_one_version_in_both(rust):
    table = np.arange(3, dtype=np.int32)[:, None] * 10 + np.arange(4, dtype=np.int32)
    values = [
        table,
        np.asfortranarray(table),
        table.T,
        table[::2, 1:],
        table[::-1],
        np.array([True, False]),
        np.array([1, 2, 3], np.uint8),
        np.zeros(0),
        "text",
        -7,
        0.1,
    ]
    assert rust("version") == [_remade._version(value) for value in values]
