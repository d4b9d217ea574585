"""A run that gives the same content as before keeps the version: nothing downstream runs."""

import pytest

VALUES = {
    "array": ("np.arange(5) + 0 * x", "a.sum()"),
    "turned array": ("np.asfortranarray(np.arange(6.).reshape(2, 3)) + 0 * x", "a.sum()"),
    "list of arrays": ("[np.arange(5), np.ones(2) + 0 * x]", "a[0].sum() + a[1].sum()"),
    "dict": ("{'a': np.arange(5) + 0 * x, 'b': 2}", "a['a'].sum() + a['b']"),
    "tuple": ("(np.arange(5) + 0 * x, 'text')", "a[0].sum()"),
    "frame": ("pd.DataFrame({'n': [1, 2, 3 + 0 * x], 's': list('abc')})", "a.n.sum()"),
    "series": ("pd.Series([1, 2, 3 + 0 * x], name='n')", "a.sum()"),
    "object": ("Box(3 + 0 * x)", "a.held"),
    "object with an array": ("Box(np.arange(4) + 0 * x)", "a.held.sum()"),
    "array of objects": ("np.array([1, 'two', None], object)", "len(a)"),
    "masked array": ("np.ma.masked_less(np.arange(5) + 0 * x, 2)", "a.sum()"),
    "number": ("0 * x", "a + 1"),
    "text": ("'text' * (1 + 0 * x)", "len(a)"),
}

MAIN = """
    import numpy as np
    import pandas as pd
    from remade import make
    from marks import mark

    class Box:
        def __init__(self, held):
            self.held = held

    @make()
    def f(x):
        mark("f")
        return {value}

    @make()
    def g(a):
        mark("g")
        return float({use})
"""


@pytest.mark.parametrize("kind", VALUES)
def test_downstream_stays_fresh(shop, kind):
    value, use = VALUES[kind]
    main = MAIN.format(value=value, use=use)
    if "pd." in value:
        pytest.importorskip("pandas")
    else:
        main = main.replace("import pandas as pd", "")
    shop.write(main=main)
    script = """
        import main
        answer = [main.g(main.f(1)), main.g(main.f(1)), main.g(main.f(2)), main.g(main.f(2))]
    """
    values, runs = shop.run(script)
    assert (len(set(values)), runs) == (1, ["f", "g", "f"])
    shop.edit("main", 'mark("f")', 'mark("f"); x = x + 1')
    again, runs = shop.call("g(f(2))")
    assert (again, runs) == (values[0], ["f"])
    shop.edit("main", "x = x + 1", "x = x + 2")
    again, runs = shop.call("[g(f(2)), g(f(2))]")
    assert (again, runs) == ([values[0]] * 2, ["f"])
