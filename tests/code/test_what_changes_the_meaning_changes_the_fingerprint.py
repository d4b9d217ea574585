"""Every edit here changes what the function may return."""

import pytest

MODULES = {
    "main": """
        import functools
        import enum
        import settings
        import pack.deep
        from helper import smooth, scale, Base, Kind, total

        WIDTH = 3
        NESTED = (1, ("a", 2.5))
        PARTIAL = functools.partial(smooth, 5)
        by_width = functools.lru_cache(maxsize=None)(smooth)
        STEPS = (smooth, len)

        def outer(level):
            def inner(x):
                return x + level
            return inner

        closed = outer(7)

        class Model(Base):
            gain = 1

            @property
            def twice(self):
                return self.gain * 2

            @staticmethod
            def fixed():
                return 11

            def run(self):
                return super().run() + self.gain

        @scale(4)
        def scaled(x):
            return x

        @functools.singledispatch
        def show(x):
            return "any"

        @show.register
        def _show_int(x: int):
            return "int"

        def f(x, y=2, *, z=3):
            def nested(q):
                return q + 100
            table = [smooth(v) + WIDTH for v in x]
            local = lambda v: v * 8
            return (table, closed(x), Model().run(), scaled(x), show(x), PARTIAL(), Kind.A, STEPS, NESTED,
                    by_width(x), settings.FWHM, pack.deep.leaf(x), nested(y), local(z), total(x))
    """,  # noqa: E501
    "helper": """
        import enum
        from functools import wraps
        from below import base_width

        class Kind(enum.Enum):
            A = 1
            B = 2

        class Base:
            def run(self):
                return 1000

        def smooth(x, width=9):
            return base_width(x) + width

        def scale(factor):
            def decorate(function):
                @wraps(function)
                def wrapper(*args):
                    return function(*args) * factor
                return wrapper
            return decorate

        def total(x):
            import late
            return late.sum_of(x)
    """,
    "below": """
        def base_width(x):
            return x * 12
    """,
    "late": """
        def sum_of(x):
            return x + 13
    """,
    "settings": "FWHM = 6.0",
    "pack/__init__": "",
    "pack/deep": """
        def leaf(x):
            return x - 14
    """,
}

EDITS = {
    "its body": ("main", "nested(y)", "nested(x)"),
    "a nested function": ("main", "q + 100", "q + 101"),
    "a lambda": ("main", "v * 8", "v * 9"),
    "the name of an argument": ("main", "y=2", "w=2"),
    "a default": ("main", "y=2", "y=4"),
    "a keyword default": ("main", "z=3", "z=4"),
    "a constant": ("main", "WIDTH = 3", "WIDTH = 3.0"),
    "a constant in a tuple": ("main", "2.5", "2.75"),
    "a closure": ("main", "outer(7)", "outer(8)"),
    "the code of a closure": ("main", "x + level", "x - level"),
    "a helper": ("helper", "+ width", "- width"),
    "a helper's default": ("helper", "width=9", "width=10"),
    "a helper of a helper": ("below", "12", "13"),
    "a decorator's argument": ("main", "@scale(4)", "@scale(5)"),
    "a decorator": ("helper", "* factor", "+ factor"),
    "a decorator taken away": ("main", "@scale(4)", ""),
    "a class attribute": ("main", "gain = 1", "gain = 2"),
    "a method": ("main", "+ self.gain", "- self.gain"),
    "a property": ("main", "self.gain * 2", "self.gain * 3"),
    "a static method": ("main", "return 11", "return 12"),
    "a base class": ("helper", "1000", "1001"),
    "a partial argument": ("main", "partial(smooth, 5)", "partial(smooth, 6)"),
    "an implementation": ("main", 'return "int"', 'return "integer"'),
    "a registration": ("main", "x: int", "x: float"),
    "a member of an enumeration": ("helper", "A = 1", "A = 3"),
    "which member": ("main", "Kind.A", "Kind.B"),
    "a setting in a module": ("settings", "6.0", "6.5"),
    "a function in a package": ("pack/deep", "14", "15"),
    "a function of a module imported inside": ("late", "13", "15"),
    "a tuple of functions": ("main", "(smooth, len)", "(smooth, max)"),
    "an operator": ("main", "[smooth(v) + WIDTH", "[smooth(v) - WIDTH"),
    "a shadowed builtin": ("main", "WIDTH = 3", "WIDTH = 3; super = 3"),
}


def test_the_same_source_gives_the_same_fingerprint_in_each_process(lab):
    lab.write(**MODULES)
    first = lab.ask()
    assert first == lab.ask()
    assert first["current"]
    assert first["unfollowed"] == []


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_changes_it(lab, edit):
    lab.write(**MODULES)
    before = lab.ask()
    module, old, new = EDITS[edit]
    assert old in MODULES[module]
    lab.write(**{module: MODULES[module].replace(old, new, 1)})
    after = lab.ask()
    assert before["fingerprint"] != after["fingerprint"]


def test_only_the_edited_function_changes_its_own_fingerprint(lab):
    lab.write(**MODULES)
    before = {one["name"]: one["fingerprint"] for one in lab.ask()["reached"]}
    lab.write(below=MODULES["below"].replace("12", "13"))
    after = {one["name"]: one["fingerprint"] for one in lab.ask()["reached"]}
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == ["below.base_width"]
