"""A warning that no test asked for is a failure."""

import pytest

from counting import quiet

__all__ = ["quiet"]


@pytest.fixture(autouse=True)
def own_key(tmp_path, monkeypatch):
    """Each test has a key of its own, made on first use."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("REMADE_KEY_FILE", raising=False)
