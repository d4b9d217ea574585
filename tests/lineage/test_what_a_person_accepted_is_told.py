"""A result that a person kept under changed code, or corrected, is shown with who did it and why."""

import getpass

MAIN = """
    import os
    import remade
    from remade import NumpyFile, make
    from marks import mark
    import numpy as np

    @make(output=NumpyFile("mask.npy"))
    def mask(size):
        mark("mask")
        return np.ones(size)

    @make
    def apply(image):
        mark("apply")
        return image * 2

    def kinds(value):
        found = remade.lineage(value)
        return [[node.kind, [[one.who, one.why, one.what] for one in node.run.accepted] if node.run else []]
                for node in found if node.kind != "value"]
"""


def test_under_changed_code_the_lineage_goes_on(shop):
    shop.write(main=MAIN)
    assert shop.call("kinds(apply(mask(3)))") == ([["run", []], ["run", []]], ["mask", "apply"])
    shop.edit("main", "np.ones(size)", "np.full(size, 1.0)")
    shop.call("mask.accept(3, reason='the same numbers')")
    expected = [getpass.getuser(), "the same numbers", ["code changed: main.mask"]]
    nodes, runs = shop.call("kinds(apply(mask(3)))")
    assert runs == []
    assert nodes == [["run", []], ["run", [expected]]]
    text, _ = shop.call("str(remade.lineage(apply(mask(3))))")
    assert f"accepted by {expected[0]} at " in text
    assert ": the same numbers (code changed: main.mask)" in text
    text, _ = shop.call("str(remade.origin(mask(3)))")
    assert f"accepted by {expected[0]} at " in text


def test_a_corrected_result_is_not_the_one_that_was_used_before(shop):
    shop.write(main=MAIN)
    shop.call("kinds(apply(mask(3)))")
    script = """
    import main
    old = main.mask(3)
    used = main.apply(old)
    main.np.save("mask.npy", main.np.zeros(3))
    main.mask.accept(3, reason="a hole")
    new = main.mask(3)
    path = main.remade.origin(new).path
    answer = [main.remade.origin(old).path, path is not None, main.kinds(used), main.kinds(new)]
    """
    answer, runs = shop.run(script)
    assert runs == []
    old, is_there, used, new = answer
    assert (old, is_there) == (None, True)
    assert used == [["run", []], ["forgotten", []]]
    assert [kind for kind, _ in new] == ["run"]
    assert new[0][1][0][1] == "a hole"
