"""The same source has the same normal form and fingerprint under each Python found."""

import json
import os
from pathlib import Path

import pytest

import pythons

HERE = Path(__file__).parent
FOLDERS = ["json", "email", "collections", "asyncio", "unittest"]
FILES = [
    "functools",
    "dataclasses",
    "enum",
    "typing",
    "argparse",
    "inspect",
    "tarfile",
    "statistics",
    "ast",
    "datetime",
    "decimal",
    "_pydecimal",
    "pickle",
    "shutil",
    "subprocess",
    "textwrap",
    "difflib",
    "doctest",
]

NORMAL = """
import hashlib, json, sys, warnings
warnings.simplefilter("ignore")
import remade._remade as _remade
answer = {}
for file in json.load(open("files.json")):
    try:
        tree = compile(open(file, encoding="utf-8").read(), file, "exec", 0x400, dont_inherit=True)
    except SyntaxError:  # newer than this Python
        continue
    todo = [tree]
    while todo:
        node = todo.pop()
        for field in node._fields:
            value = getattr(node, field, None)
            todo += [one for one in (value if isinstance(value, list) else [value]) if hasattr(one, "_fields")]
        if type(node).__name__ in ("FunctionDef", "AsyncFunctionDef", "Lambda", "ClassDef"):
            text = _remade._normal(node)
            key = f"{file}:{node.lineno}:{node.col_offset}"
            answer[key] = hashlib.sha1(text.encode("utf-8", "surrogatepass")).hexdigest()
print(json.dumps(answer))
"""  # noqa: E501

SHAPES = """
import dataclasses, enum, functools, os, re
WIDTH = 3

class Kind(enum.Enum):
    A = 1
    B = "b"
    def label(self):
        return self.name

class Flags(enum.IntFlag):
    X = 1
    Y = 2

@dataclasses.dataclass(frozen=True, order=True)
class Point:
    x: int
    y: "float" = 2.5
    z: list = dataclasses.field(default_factory=list)
    def norm(self):
        return helper(self.x)

class Base:
    __slots__ = ("a", "b")
    def run(self):
        return f"{self.a!r:>{WIDTH}} {WIDTH=} {{x}}" "tail" f"{self.b:}"

class Child(Base):
    def run(self):
        return super().run() + __class__.__name__

@functools.singledispatch
def show(x):
    return 0

@show.register(int)
def _(x):
    return 1

@functools.lru_cache
def helper(x):
    return [y * WIDTH for y in {k: v for k, v in x}] if x else os.path.join("a", "b")

def f(x, *rest, z=(1, None, ...), **more):
    global WRITTEN
    WRITTEN = 3
    try:
        match x:
            case {"a": [1, *others], **kw} if kw:
                return others
            case Point(x=0) | None:
                return True
            case _:
                pass
        with open(x) as file, open(x):
            assert file, "message"
    except (ValueError, KeyError) as error:
        raise RuntimeError from error
    finally:
        del x
    while (n := 3) < 4:
        a = lambda q=n, *, w: (yield)
    async def g():
        async for i in z:
            yield [j async for j in i]
        return
    class Inner:
        y = WIDTH
        z = [WIDTH for _ in range(3)]
    return (Kind.A, Flags.X, Point(1), Child().run, show(1), helper, re.compile("x"), 10**40, 1e999, -0.0, 1j,
            b"\\x00'", "\\ud800", "a" "b", 1 if z else 2, (lambda: 0)(), x[1:2, ...], {**more}, [*rest], g, Inner,
            0xFFFFFFFFFFFFFFFFFFFF, functools.partial(helper, 3), u"u")
"""  # noqa: E501


OTHERS = pythons.others()


@pytest.mark.skipif(not OTHERS, reason="no other Python on this machine")
def test_the_normal_form_of_the_standard_library_is_the_same(lab):
    library = Path(os.__file__).parent
    files = [str(library / f"{name}.py") for name in FILES]
    for folder in FOLDERS:
        files += sorted(map(str, (library / folder).glob("*.py")))
    files = [file for file in files if Path(file).exists()]
    (lab.folder / "files.json").write_text(json.dumps(files))
    mine = json.loads(lab.run(NORMAL))
    for name, python in OTHERS.items():
        theirs = json.loads(lab.run(NORMAL, python=python))
        both = mine.keys() & theirs.keys()
        assert len(both) > 500
        different = [key for key in sorted(both) if mine[key] != theirs[key]]
        assert different == [], name


@pytest.mark.skipif(not OTHERS, reason="no other Python on this machine")
def test_the_fingerprint_of_every_shape_of_code_is_the_same(lab):
    lab.write(main=SHAPES)
    mine = lab.ask()
    assert all(one["normal"] for one in mine["reached"] if one["line"])
    for name, python in OTHERS.items():
        theirs = lab.ask(python=python)
        own = lambda answer: {one["name"]: one["fingerprint"] for one in answer["reached"]}
        assert own(mine) == own(theirs), name
        assert mine["fingerprint"] == theirs["fingerprint"], name
