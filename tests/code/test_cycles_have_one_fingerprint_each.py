"""Functions that call each other, whoever is asked first."""

CYCLE = """
def f(n):
    return g(n - 1) if n else 0

def g(n):
    return h(n - 1) if n else 1

def h(n):
    return f(n - 1) if n else 2

def alone(n):
    return alone(n - 1) if n else 3

class Tree:
    def child(self):
        return Tree()
"""

ORDER = """
import sys; sys.path.insert(0, "")
import main, remade._remade as _remade
found = {name: _remade._fingerprint(getattr(main, name))["fingerprint"] for name in sys.argv[1:] or %s}
print(sorted(found.items()))
"""  # noqa: E501


def test_the_order_of_asking_does_not_matter(lab):
    lab.write(main=CYCLE)
    assert lab.run(ORDER % "['f', 'g', 'h', 'alone', 'Tree']") == lab.run(
        ORDER % "['Tree', 'h', 'alone', 'g', 'f']"
    )


def test_a_change_anywhere_in_a_cycle_changes_all_of_it(lab):
    lab.write(main=CYCLE)
    before = {name: lab.fingerprint(name) for name in ["f", "g", "h", "alone", "Tree"]}
    lab.write(main=CYCLE.replace("else 2", "else 20"))
    changed = {name for name in before if before[name] != lab.fingerprint(name)}
    assert changed == {"f", "g", "h"}


def test_a_long_chain_of_helpers_does_not_overflow_the_stack(lab):
    text = "def f0(x):\n    return x\n"
    text += "".join(f"def f{i}(x):\n    return f{i - 1}(x)\n" for i in range(1, 3000))
    lab.write(main=text)
    before = lab.fingerprint("f2999")
    lab.write(main=text.replace("return x\n", "return -x\n"))
    assert before != lab.fingerprint("f2999")
