"""A record names values of other modules, and states of generators. Looking them up runs nothing."""

import random
import sys
import types

import numpy as np
import pytest

from counting import told
from hostility import edit, no_hang
from counting import records
from remade import make

RAN = []


def ran(*args, **kwargs):
    RAN.append(args)
    return 1


class Odd:
    """Every way in which an attribute runs code."""

    @property
    def value(self):
        return ran()

    def __getattr__(self, name):
        return ran(name)

    def __reduce_ex__(self, protocol):
        return ran, ()


class Meta(type):
    def __getattr__(cls, name):
        return ran(name)

    @property
    def of_meta(cls):
        return ran()


class WithMeta(metaclass=Meta):
    class Descriptor:
        def __get__(self, instance, owner):
            return ran()

    described = Descriptor()
    inner = Odd()


class Module(types.ModuleType):
    def __getattr__(self, name):
        return ran(name)

    @property
    def asked(self):
        return ran()


class LazyModule(types.ModuleType):
    def __getattribute__(self, name):
        ran(name)
        return super().__getattribute__(name)


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """Modules in which every look runs code, and one on the path that nobody imported."""
    RAN.clear()
    module = Module("odd_module")
    module.instance, module.meta = Odd(), WithMeta
    module.Odd = Odd
    monkeypatch.setitem(sys.modules, "odd_module", module)
    monkeypatch.setitem(sys.modules, "lazy_module", LazyModule("lazy_module"))
    plain = types.ModuleType("module_with_getattr")
    plain.__dict__["__getattr__"] = lambda name: ran(name)
    monkeypatch.setitem(sys.modules, "module_with_getattr", plain)
    monkeypatch.setitem(sys.modules, "no_module", Odd())
    (tmp_path / "not_imported.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'w')")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'w')")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


LOCATORS = [
    ("not_imported", ["x"]), ("not_imported", []), ("package", ["x"]), ("package.inner", ["x"]),
    ("module_with_getattr", ["x"]), ("module_with_getattr", ["__path__"]),
    ("odd_module", ["missing"]), ("odd_module", ["asked"]), ("lazy_module", ["x"]),
    ("odd_module", ["instance", "value"]), ("odd_module", ["instance", "missing"]),
    ("odd_module", ["meta", "missing"]), ("odd_module", ["meta", "of_meta"]),
    ("odd_module", ["meta", "inner", "value"]), ("odd_module", ["Odd", "value", "fget"]),
    ("no_module", ["value"]), ("no_module", ["missing"]), ("no_module", []),
    ("sys", ["modules", "os"]), ("os", ["environ", "clear"]), ("os", ["system"]),
    ("builtins", ["__import__"]), ("builtins", ["eval"]), ("", ["x"]), ("..", ["x"]),
    ("os.path", ["join", "__call__"]), ("odd_module", [""]), ("odd_module", ["\0"]),
    ("odd_module", ["__class__"]), ("odd_module", ["__dict__"]), ("odd_module", ["a.b"]),
    ("odd_module", ["meta"] * 1000),
]  # fmt: skip


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("where", ["implicit", "nested"])
@pytest.mark.parametrize(("module", "path"), LOCATORS)
def test_a_locator_runs_nothing(odd, module, path, where, changed):
    made = make(lambda n: n + 1, cachedir=odd / "c", name="f")
    made(3)
    (record,) = records(odd / "c")
    forged = {
        "name": ".".join([module, *path])[:50], "locator": {"module": module, "path": path},
        "version": "0" * 32, "short": "", "changed": changed, "origins": [],
    }  # fmt: skip

    def forge(fields):
        (fields["implicit"] if where == "implicit" else fields["nested"]["implicit"]).append(forged)

    edit(record, forge)
    again = make(made.__wrapped__, cachedir=odd / "c", name="f")
    RAN.clear()
    with told() as seen:
        assert again(3) == 4
    assert seen[0].ran is not changed
    again.explain(3)
    assert RAN == []
    assert not (odd / "canary").exists()


def test_a_class_attribute_is_found_as_it_stands(odd):
    """The other side: what records name is found."""
    module = types.ModuleType("plain_settings")
    exec("class Settings:\n    table = {'w': 1}\nclass More(Settings):\n    pass\n", module.__dict__)
    exec("one = {'w': 1}", module.__dict__)
    sys.modules["plain_settings"] = module
    program = "import plain_settings\ndef read():\n    return {}\n"
    for expression, path in [("one['w']", ["one"]), ("More.table['w']", ["More", "table"])]:
        space = types.ModuleType("reader")
        exec(program.format(f"plain_settings.{expression}"), space.__dict__)
        sys.modules["reader"] = space
        inner = make(space.read, cachedir=odd / "c", name="inner" + path[0])
        space.inner = inner

        def outer():
            return inner() + 1

        made = make(outer, cachedir=odd / "c", name="outer" + path[0])
        assert [made(), made()] == [2, 2]
        assert made.cache_info()[:2] == (1, 1)


@pytest.mark.parametrize(
    "function", ["", "os.system", "subprocess.run", "f", "builtins.eval", "\0", "x" * 10_000]
)
def test_a_nested_function_that_is_named_is_not_called(odd, function):
    made = make(lambda n: n + 1, cachedir=odd / "c", name="f")
    made(3)
    (record,) = records(odd / "c")
    edit(record, lambda fields: fields["nested"]["functions"].update({function: "0" * 32}))
    again = make(made.__wrapped__, cachedir=odd / "c", name="f")
    assert again(3) == 4
    assert again.cache_info().ran == 1
    assert RAN == []


# -- Generators --------------------------------------------------------------------------------------

GENERATORS = {
    "MT19937": lambda: np.random.Generator(np.random.MT19937(1)),
    "PCG64": lambda: np.random.default_rng(1),
    "Philox": lambda: np.random.Generator(np.random.Philox(1)),
    "SFC64": lambda: np.random.Generator(np.random.SFC64(1)),
    "RandomState": lambda: np.random.RandomState(1),
    "random": lambda: random.Random(1),
}


def word(name, value):
    def change(text):
        words = [one for one in text.split(" ")]
        found = [at for at, one in enumerate(words) if one.split("=")[0].endswith(name)]
        if not found:
            pytest.skip("it has no such number")
        words[found[0]] = f"{words[found[0]].split('=')[0]}={value}"
        return " ".join(words)

    return change


STATES = {
    "position far off": word("pos", 10**9),
    "position one off": word("pos", 625),
    "position too large": word("pos", 2**100),
    "position negative": word("pos", -1),
    "position none": word("pos", "none"),
    "position no number": word("pos", "f" + "0" * 16),
    "flag": word("has_gauss", 2**40),
    "other flag": word("has_uint32", 7),
    "half": word("uinteger", 2**64),
    "children": lambda text: text.rpartition("=")[0] + "=99999999999",
    "children negative": lambda text: text.rpartition("=")[0] + "=-1",
    "another kind": lambda text: "os.system bits=PCG64",
    "empty": lambda text: "",
    "one more": lambda text: text + " more=1",
    "code": lambda text: "__import__('os').system('true')",
    "long words": lambda text: text.replace("[", "[" + "f" * 60, 1),
    "no words": lambda text: text.replace("[", "[]", 1),
    "wide words": lambda text: text.replace("[", "[ffffffffffffffff,", 1),
}


def advance(rng):
    return float(rng.random() if hasattr(rng, "random") else rng.random_sample())


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", GENERATORS)
def test_a_state_that_no_generator_has_is_not_set(tmp_path, kind, state):
    """Set, a generator would read memory that is not its own at its next draw."""
    generator = GENERATORS[kind]
    made = make(advance, cachedir=tmp_path, name="f")
    expected = made(generator())
    (record,) = records(tmp_path)
    change = STATES[state]
    forged = []

    def forge(fields):
        before = fields["arguments"][0]["after"]
        fields["arguments"][0]["after"] = change(before)
        forged.append(change(before) != before)

    edit(record, forge)
    if not forged[0]:
        pytest.skip("that changes nothing")
    again = make(advance, cachedir=tmp_path, name="f")
    rng, right = generator(), generator()
    with no_hang():
        assert again(rng) == expected == advance(right)
        assert again.cache_info().ran == 1
        assert [advance(rng) for _ in range(3)] == [advance(right) for _ in range(3)]


@pytest.mark.parametrize("kind", ["MT19937", "RandomState", "random"])
def test_a_last_position_out_of_the_row_is_not_set(tmp_path, kind):
    made = make(advance, cachedir=tmp_path, name="f")
    generator = GENERATORS[kind]
    made(generator())
    (record,) = records(tmp_path)

    def forge(fields):
        argument = fields["arguments"][0]
        before, _, after = argument["after"].partition("]")
        row, _, last = before.rpartition(",")
        argument["after"] = f"{row},{'ffff' if kind == 'random' else '1ffffffff'}]{after}"

    edit(record, forge)
    again = make(advance, cachedir=tmp_path, name="f")
    again(generator())
    assert again.cache_info().ran == 1


@pytest.mark.parametrize(
    "short",
    [
        {"file": "/etc/passwd"}, {"big_int": "x"}, {"big_int": "__import__('os')"},
        {"complex": ["a", "b"]}, {"float": "os"}, {"dict": [[{"list": []}, "none"]]},
        {"bytes": "zz"}, {"text": 1}, {"code": "1"}, {"list": {}}, {"int": 1.5}, "some", None,
    ],
)  # fmt: skip
def test_a_value_that_stands_in_a_record_is_data(tmp_path, short):
    import warnings

    made = make(lambda n: n + 1, cachedir=tmp_path, name="f")
    made(3)
    (record,) = records(tmp_path)
    edit(record, lambda fields: fields.update(value={"short": short}))
    again = make(made.__wrapped__, cachedir=tmp_path, name="f")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = again(3)
    if short == {"file": "/etc/passwd"}:
        # Data that somebody who can write the records chose: see the threat model.
        assert type(value).__name__ == "File"
    else:
        assert value == 4
