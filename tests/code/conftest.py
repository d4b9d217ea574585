"""Real modules in real files, fingerprinted in real processes."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

import pythons

ASK = """
import json, sys
sys.path.insert(0, {folder!r})
import remade._remade as _remade
import main
value = eval({expression!r}, vars(main))
answer = _remade._fingerprint(value, follow={follow!r})
answer["current"] = answer.pop("code").is_current()
answer["implicit"] = [[name, read] for name, read, value, found in answer["implicit"]]
print(json.dumps(answer))
"""


class Lab:
    """A folder of modules that can be edited and asked for fingerprints."""

    def __init__(self, folder, elsewhere):
        self.folder = folder
        self.elsewhere = elsewhere

    def write(self, **modules):
        for name, text in modules.items():
            path = self.folder / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text))

    def run(self, script, python=sys.executable):
        """What a script prints, run in a process of its own in this folder."""
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        if python != sys.executable:
            environment = pythons.environment(self.elsewhere)
        done = subprocess.run(
            [python, "-c", textwrap.dedent(script)],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, expression="f", follow=(), python=sys.executable):
        script = ASK.format(folder=str(self.folder), expression=expression, follow=list(follow))
        return json.loads(self.run(script, python=python))

    def fingerprint(self, expression="f", **options):
        return self.ask(expression, **options)["fingerprint"]


@pytest.fixture
def lab(tmp_path, tmp_path_factory):
    return Lab(tmp_path, tmp_path_factory.mktemp("package"))
