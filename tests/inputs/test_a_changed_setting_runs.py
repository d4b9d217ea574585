"""Mutable values that code reaches by name are inputs: a change between calls runs it again."""

import pytest

MAIN = """
    import collections, dataclasses, threading, types
    import numpy as np
    import settings
    from remade import make
    from marks import mark

    class Options:
        def __init__(self):
            self.rate = 1
            self.inner = {{"deep": [1]}}

    @dataclasses.dataclass
    class Record:
        rate: int = 1

    class Slotted:
        __slots__ = ("rate",)

        def __init__(self):
            self.rate = 1

    SETTING = {value}

    @make(keep="all")
    def f():
        mark("f")
        return repr({use})
"""

CHANGES = {
    "list": ("[1, 2]", "SETTING[0]", "SETTING[0] = 5"),
    "appended list": ("[1, 2]", "SETTING", "SETTING.append(3)"),
    "dict": ("{'rate': 1}", "SETTING['rate']", "SETTING['rate'] = 5"),
    "order of a dict": ("{'a': 1, 'b': 1}", "list(SETTING)", "SETTING['a'] = SETTING.pop('a')"),
    "deep in a dict": ("{'a': [{'b': 1}]}", "SETTING['a'][0]['b']", "SETTING['a'][0]['b'] = 5"),
    "set": ("{1}", "sorted(SETTING)", "SETTING.add(5)"),
    "array": ("np.zeros(3)", "SETTING.tolist()", "SETTING[1] = 5"),
    "view of an array": ("np.zeros(3)[1:]", "SETTING.tolist()", "SETTING.base[2] = 5"),
    "object": ("Options()", "SETTING.rate", "SETTING.rate = 5"),
    "deep in an object": ("Options()", "SETTING.inner['deep']", "SETTING.inner['deep'][0] = 5"),
    "record": ("Record()", "SETTING.rate", "SETTING.rate = 5"),
    "slots": ("Slotted()", "SETTING.rate", "SETTING.rate = 5"),
    "namespace": ("types.SimpleNamespace(rate=1)", "SETTING.rate", "SETTING.rate = 5"),
    "deque": ("collections.deque([1])", "list(SETTING)", "SETTING.append(5)"),
    "default dict": ("collections.defaultdict(int)", "SETTING['x'] if 'x' in SETTING else 0",
                     "SETTING['x'] = 5"),
    "bytearray": ("bytearray(b'ab')", "bytes(SETTING)", "SETTING[0] = 99"),
    "class attribute": ("Options", "getattr(SETTING, 'x', 1)", "SETTING.x = 5"),
    "name bound anew": ("[1]", "SETTING", "SETTING = [5]"),
    "name bound to another type": ("[1]", "SETTING", "SETTING = 5"),
    "constant bound anew": ("1", "SETTING", "SETTING = 5"),
    "attribute of a module": ("0", "settings.RATE", "settings.RATE = 5"),
    "list in a module": ("0", "settings.RATES[0]", "settings.RATES[0] = 5"),
    "object in a module": ("0", "settings.OPTIONS.rate", "settings.OPTIONS.rate = 5"),
    "module under another name": ("settings", "SETTING.RATE", "SETTING.RATE = 5"),
    "function table": ("{'f': abs}", "SETTING['f'](-3)", "SETTING['f'] = float"),
    "default argument": ("(lambda x=[1]: x)", "SETTING()", "SETTING.__defaults__[0].append(5)"),
}  # fmt: skip

SETTINGS = """
    import types
    RATE = 1
    RATES = [1, 2]
    OPTIONS = types.SimpleNamespace(rate=1)
"""


@pytest.mark.parametrize("kind", CHANGES)
def test_it_runs_once_in_the_same_process(shop, kind):
    value, use, change = CHANGES[kind]
    shop.write(main=MAIN.format(value=value, use=use), settings=SETTINGS)
    script = f"""
        import main
        answer = [main.f(), main.f()]
        exec({change!r}, vars(main))
        answer += [main.f(), main.f(), main.f.__wrapped__()]
    """
    (first, again, changed, same, plain), runs = shop.run(script)
    assert (first, changed) == (again, same)
    assert changed == plain != first
    assert runs == ["f", "f", "f"]  # the last is the plain one
    assert shop.warnings == []


@pytest.mark.parametrize("kind", CHANGES)
def test_it_runs_once_in_another_process(shop, kind):
    value, use, change = CHANGES[kind]
    shop.write(main=MAIN.format(value=value, use=use), settings=SETTINGS)
    first, runs = shop.call("f()")
    assert runs == ["f"]
    assert shop.call("f()") == (first, [])
    script = f"""
        import main
        exec({change!r}, vars(main))
        answer = [main.f(), main.f()]
    """
    (changed, same), runs = shop.run(script)
    assert (changed == same != first, runs) == (True, ["f"])
    assert shop.run(script) == ([changed, same], [])


def test_what_the_code_does_not_name_does_not_count(shop):
    shop.write(main=MAIN.format(value="[1]", use="settings.RATE"), settings=SETTINGS)
    script = """
        import main
        answer = [main.f()]
        main.SETTING.append(2)
        main.settings.RATES.append(3)
        main.settings.NEW = 1
        answer += [main.f()]
    """
    assert shop.run(script) == (["1", "1"], ["f"])


def test_a_setting_that_is_gone_and_comes_back(shop):
    main = MAIN.format(value="[1]", use="globals().get('NOTHING', SETTING)")
    shop.write(main=main, settings=SETTINGS)
    script = """
        import main
        answer = [main.f()]
        setting = vars(main).pop("SETTING")
        try:
            main.f()
        except NameError as error:
            answer.append("NameError")
        main.SETTING = setting
        answer += [main.f()]
    """
    assert shop.run(script)[0] == ["[1]", "NameError", "[1]"]
