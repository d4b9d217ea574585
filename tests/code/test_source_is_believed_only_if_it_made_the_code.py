"""Otherwise the compiled form counts."""


def test_an_edit_while_the_program_runs_does_not_reach_the_fingerprint(lab):
    lab.write(main="def f(x):\n    return x + 1\n")
    out = lab.run("""
        import sys; sys.path.insert(0, "")
        import main, remade._remade as _remade
        open("main.py", "w").write("def f(x):\\n    return x + 2\\n")
        one = _remade._fingerprint(main.f)
        print(one["reached"][0]["normal"], one["fingerprint"])
    """)
    normal, fingerprint = out.split()
    assert normal == "None"
    assert fingerprint != lab.fingerprint()


def test_lines_that_were_read_before_the_edit_are_believed(lab):
    lab.write(main="def f(x):\n    return x + 1\n")
    before = lab.fingerprint()
    out = lab.run("""
        import sys; sys.path.insert(0, "")
        import linecache, main, remade._remade as _remade
        linecache.getlines(main.__file__)
        open("main.py", "w").write("def f(x):\\n    return x + 2\\n")
        print(_remade._fingerprint(main.f)["fingerprint"])
    """)
    assert out.strip() == before


def test_lines_are_read_again_after_a_reload(lab):
    lab.write(main="def f(x):\n    return x + 1\n")
    out = lab.run("""
        import sys; sys.path.insert(0, "")
        import importlib, main, remade._remade as _remade
        one = _remade._fingerprint(main.f)
        open("main.py", "w").write("def f(x):\\n    return x + 2000\\n")
        importlib.reload(main)
        two = _remade._fingerprint(main.f)
        print("2000" in two["reached"][0]["normal"], one["fingerprint"] != two["fingerprint"])
    """)
    assert out.split() == ["True", "True"]


def test_each_of_several_lambdas_in_a_line_is_itself(lab):
    lab.write(main="f, g, h = lambda x: x + 1, lambda x: x + 2, lambda x: (lambda y: y)(x)\n")
    prints = [lab.fingerprint(name) for name in "fgh"]
    assert len(set(prints)) == 3
    lab.write(main="f, g, h = lambda x: x + 1, lambda x: x + 3, lambda x: (lambda y: y)(x)\n")
    assert [lab.fingerprint(name) == old for name, old in zip("fgh", prints)] == [True, False, True]


def test_a_lambda_may_have_another_name(lab):
    lab.write(main="f = lambda x: x + 1\n")
    before = lab.fingerprint()
    lab.write(main="g = [lambda x: x + 1]\n")
    assert before == lab.fingerprint("g[0]")


EXEC = """
import remade._remade as _remade
def made(text):
    space = {"__name__": "__main__"}
    exec(text, space)
    return space["f"]
first = _remade._fingerprint(made("def f(x):\\n    return [g(x) for g in (1,)], 'a', lambda: 3\\n"))
same = _remade._fingerprint(made("# moved\\n\\ndef f(x):\\n    return [g(x) for g in (1,)], 'a', lambda: 3\\n"))
other = _remade._fingerprint(made("def f(x):\\n    return [g(x) for g in (1,)], 'a', lambda: 4\\n"))
print(first["fingerprint"] == same["fingerprint"], first["fingerprint"] == other["fingerprint"], first["fingerprint"])
"""  # noqa: E501


def test_code_without_source_counts_as_compiled(lab):
    one, two = lab.run(EXEC), lab.run(EXEC)
    assert one == two
    assert one.split()[:2] == ["True", "False"]


NOTEBOOK = """
import linecache, sys, __main__
import remade._remade as _remade
def cell(number, text, flags=0):
    name = f"<ipython-input-{number}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    exec(compile(text, name, "exec", flags), vars(__main__))
cell(1, "def helper(x):\\n    return x + 1\\n")
cell(2, "def f(x):\\n    # a comment\\n    return helper(x)\\n")
one = _remade._fingerprint(f)
cell(3, "def f(x):\\n    return helper( x )\\n")
two = _remade._fingerprint(f)
cell(4, "def helper(x):\\n    return x + 2\\n")
print(one["fingerprint"] == two["fingerprint"], one["reached"][0]["normal"] is not None)
print(two["code"].is_current(), _remade._fingerprint(f)["fingerprint"] == two["fingerprint"])
# An import from the future in one cell holds for the next ones.
cell(5, "def f(x: undefined):\\n    return 7\\n", 0x1000000)
print(_remade._fingerprint(f)["reached"][0]["normal"] is not None)
"""


def test_cells_of_a_notebook_have_source(lab):
    assert lab.run(NOTEBOOK).split() == ["True", "True", "False", "False", "True"]


def test_examples_of_a_doctest_have_source(lab):
    lab.write(
        main='''
        import remade._remade as _remade
        def documented():
            """
            >>> def f(x):
            ...     return x + 1
            >>> _remade._fingerprint(f)["reached"][0]["normal"] is not None
            True
            """
    '''
    )
    out = lab.run(
        "import sys; sys.path.insert(0, '')\nimport doctest, main\nprint(doctest.testmod(main).failed)"  # noqa: E501
    )
    assert out.strip() == "0", out
