"""What holds for every test: none touches the configuration of the person who runs them."""

import os
import tempfile

# Before anything is imported or started: programs that tests start inherit it.
_FOLDER = tempfile.TemporaryDirectory(prefix="remade-tests-")
os.environ["XDG_CONFIG_HOME"] = _FOLDER.name
os.environ.pop("REMADE_KEY_FILE", None)
