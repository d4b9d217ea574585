"""`lineage` shows what a result was made of, across calls, stores, processes and programs."""

import numpy as np

import remade
from remade import make

STEPS = """
    import numpy as np
    import remade
    from remade import File, NumpyFile, make
    from marks import mark

    SCALE = {"by": 2}

    @make(cachedir="raw/cache", keep="all")
    def load(path):
        mark("load")
        return np.loadtxt(path)

    @make(keep="all")
    def kernel(width):
        mark("kernel")
        return np.ones(width)

    @make(keep="all")
    def smooth(signal, width):
        mark("smooth")
        return np.convolve(signal, kernel(width)) * SCALE["by"]

    @make(keep="all")
    def both(one, two):
        mark("both")
        return {"sum": one + two[: len(one)], "all": [one, two]}

    def result():
        signal = load(File("raw/data.txt"))
        return both(signal, smooth(signal, 2))
"""

TELL = """
    def tell(value):
        found = remade.lineage(value)
        nodes = [
            [node.kind, node.name.rpartition("/")[2], [[l.role, l.name, l.node] for l in node.inputs]]
            for node in found
        ]
        return [nodes, str(found)]
"""

EXPECTED = [
    ["run", "main.both", [["argument", "one", 1], ["argument", "two", 2]]],
    ["run", "main.load", [["argument", "path", 3]]],
    [
        "run",
        "main.smooth",
        [["argument", "signal", 1], ["argument", "width", 4], ["implicit", "main.SCALE", 5]]
        + [["called", "", 6]],
    ],
    ["file", "data.txt", []],
    ["value", "2", []],
    ["value", "{'by': 2}", []],
    ["run", "main.kernel", [["argument", "width", 4]]],
]


def test_it_is_the_same_in_the_process_that_ran_and_in_those_that_load(shop):
    (shop.folder / "raw").mkdir()
    (shop.folder / "raw/data.txt").write_text("1 2 3")
    shop.write(main=STEPS + TELL)
    (nodes, text), runs = shop.call("tell(result()['sum'])")
    assert runs == ["load", "smooth", "kernel", "both"]
    assert nodes == EXPECTED
    assert shop.call("tell(result()['sum'])") == ([nodes, text], [])
    assert text.splitlines()[0] == (
        "['sum'] of main.both(one=ndarray float64 (3), two=ndarray float64 (4))"
    )
    assert "path: file raw/data.txt" in text
    assert text.count("shown above") == 1

    # Another program of the same store, which has none of the functions but one.
    shop.write(
        other="""
        import main
        from remade import make
        from main import tell
        """
    )
    load = "[main.both.load(), tell(main.both.load()['sum'])][1]"
    assert shop.call(load, module="other") == ([nodes, text], [])


def test_a_project_may_be_moved_with_its_stores(shop):
    project = shop.folder / "project"
    (project / "raw").mkdir(parents=True)
    (project / "raw/data.txt").write_text("1 2 3")
    shop.write(main=STEPS + TELL)
    script = """
    import os, sys
    os.chdir({!r})
    import main
    answer = main.tell(main.result()["sum"])
    """
    (nodes, text), _ = shop.run(script.format("project"))
    project.rename(shop.folder / "moved")
    (after, text), runs = shop.run(script.format("moved"))
    assert (after, runs) == (nodes, [])
    assert "path: file raw/data.txt" in text


def test_what_is_no_longer_kept_is_named_with_its_version(cachedir):
    @make(cachedir=cachedir)
    def load(number):
        return np.arange(number)

    @make(cachedir=cachedir, keep="all")
    def double(signal):
        return 2 * signal

    one, two = double(load(3)), double(load(4))
    kept = remade.lineage(two)
    assert [node.kind for node in kept] == ["run", "run", "value"]
    lost = remade.lineage(one)
    assert [node.kind for node in lost] == ["run", "forgotten"]
    node = lost.nodes[1]
    assert node.name == remade.origin(one).arguments[0].origins[0].function
    assert node.version == remade.origin(one).arguments[0].version
    assert f"signal: {node.name}, whose record is no longer kept (version {node.version})" in str(
        lost
    )


def test_a_run_that_took_the_place_of_another_is_not_taken_for_it(cachedir):
    content = [1]

    @make(cachedir=cachedir)
    def load():
        return np.array(content * 3)

    @make(cachedir=cachedir, keep="all")
    def double(signal):
        return 2 * signal

    first = double(load())
    content[0] = 5
    load()
    assert [node.kind for node in remade.lineage(first)] == ["run", "forgotten"]
    content[0] = 1
    load()
    # What it gives now is what was used.
    assert [node.kind for node in remade.lineage(first)][:2] == ["run", "run"]
