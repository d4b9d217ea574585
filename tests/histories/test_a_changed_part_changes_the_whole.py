"""What a run changed may be a part of something known: then that is known by its content, too."""

import numpy as np
import pytest

from remade import make

pytestmark = pytest.mark.filterwarnings("ignore::remade.RemadeWarning")


class Box:
    def __init__(self, held, other=None):
        self.held = held
        self.other = other


@pytest.fixture
def made(cachedir, marks):
    """A made function whose runs are counted, that keeps everything."""
    mark = marks.mark

    def build(function):
        def body(x):
            mark("run")
            return function(x)

        name = f"made_{build.count}"
        build.count += 1
        return make(body, cachedir=cachedir, name=name, keep="all")

    build.count = 0
    return build


# What is built, and which part of it a run changes.
PARTS = {
    "an array": (lambda: Box(np.zeros(4)), lambda box: box.held),
    "a view of an array": (lambda: Box(np.zeros(4)), lambda box: box.held[1:3]),
    "a list": (lambda: Box([0.0, 0.0]), lambda box: box.held),
    "deep": (lambda: Box({"a": [Box(np.zeros(3))]}), lambda box: box.held["a"][0].held),
    "an object": (lambda: Box(Box([0.0])), lambda box: box.held),
}


def total(box):
    held = box
    while isinstance(held, Box):
        held = held.held
        if isinstance(held, dict):
            held = held["a"][0]
    return float(sum(held))


def change(part):
    while isinstance(part, Box):
        part = part.held
    part[0] = 5.0


@pytest.mark.parametrize("part", PARTS)
def test_the_object_around_a_changed_part(part, made, marks):
    build, part_of = PARTS[part]
    source, ask, bump = made(lambda n: build()), made(total), made(change)
    whole = source(1)
    assert marks.of(ask, whole) == (0.0, ["run"])
    assert marks.of(ask, source(1)) == (0.0, [])
    bump(part_of(whole))
    assert total(whole) == 5.0
    assert marks.of(ask, whole) == (5.0, ["run"])
    assert marks.of(ask, source(1)) == (0.0, [])


def test_the_object_around_what_a_raising_run_changed(made, marks):
    def fails(a):
        a += 1
        raise ValueError("on the way")

    source, ask, bump = made(lambda n: Box(np.zeros(n))), made(total), made(fails)
    box = source(3)
    assert marks.of(ask, box) == (0.0, ["run"])
    with pytest.raises(ValueError, match="on the way"):
        bump(box.held)
    assert marks.of(ask, box) == (3.0, ["run"])


def test_what_a_run_changed_and_let_go_of(made, marks):
    def swap(box):
        box.held += 1
        box.held = None

    zeros, ask = made(lambda n: np.zeros(n)), made(lambda a: float(a.sum()))
    a = zeros(3)
    assert marks.of(ask, a) == (0.0, ["run"])
    made(swap)(Box(a))
    assert marks.of(ask, a) == (3.0, ["run"])


def test_the_object_around_a_changed_global(shop):
    shop.write(
        main="""
            import numpy as np
            from remade import make
            from marks import mark

            class Box:
                def __init__(self, n):
                    self.held = np.zeros(n)

            @make()
            def build(n):
                return Box(n)

            @make()
            def total(box):
                mark("total")
                return float(box.held.sum())

            BOX = build(3)
            HELD = BOX.held

            @make()
            def bump():
                HELD[:] = 1
        """
    )
    script = """
        import main
        answer = [main.total(main.BOX)]
        main.bump()
        answer += [main.total(main.BOX)]
    """
    assert shop.run(script) == ([0.0, 3.0], ["total", "total"])
