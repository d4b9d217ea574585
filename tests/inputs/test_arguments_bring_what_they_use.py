"""A function, a method or an instance as an argument counts with its code and all that it reads."""

MAIN = """
    import functools
    from remade import make
    from marks import mark

    FACTORS = [2]

    def scale(x):
        return x * FACTORS[0]

    def outer_scale(x):
        return scale(x) + 1

    def closed():
        box = [1]
        def add(x):
            return x + box[0]
        add.box = box
        return add

    class Model:
        def __init__(self, weight):
            self.weight = weight

        def fit(self, x):
            return self.weight * scale(x)

        def __call__(self, x):
            return self.fit(x)

        @make(keep="all")
        def made(self, x):
            mark("made")
            return self.fit(x)

    @make(keep="all")
    def apply(function, x):
        mark("apply")
        return function(x)

    @make(keep="all")
    def fit(model, x):
        mark("fit")
        return model.fit(x)

    @make(keep="all")
    def made_scale(x):
        mark("made_scale")
        return scale(x)

    add = closed()
    model = Model(3)
"""

ASK = """
    import main
    main_call = lambda: eval({call!r}, vars(main))
    answer = [main_call(), main_call()]
    exec({change!r}, vars(main))
    answer += [main_call(), main_call()]
"""


def ask(shop, call, change):
    shop.write(main=MAIN)
    return shop.run(ASK.format(call=call, change=change))


def test_the_globals_of_a_function(shop):
    answer = ask(shop, "apply(scale, 3)", "FACTORS[0] = 5")
    assert answer == ([6, 6, 15, 15], ["apply", "apply"])


def test_the_globals_of_its_helpers(shop):
    answer = ask(shop, "apply(outer_scale, 3)", "FACTORS[0] = 5")
    assert answer == ([7, 7, 16, 16], ["apply", "apply"])


def test_a_partial(shop):
    answer = ask(shop, "apply(functools.partial(scale), 3)", "FACTORS[0] = 5")
    assert answer == ([6, 6, 15, 15], ["apply", "apply"])


def test_a_closure(shop):
    answer = ask(shop, "apply(add, 3)", "add.box[0] = 5")
    assert answer == ([4, 4, 8, 8], ["apply", "apply"])


def test_a_bound_method_with_its_object(shop):
    answer = ask(shop, "apply(model.fit, 3)", "model.weight = 10")
    assert answer == ([18, 18, 60, 60], ["apply", "apply"])


def test_the_globals_of_a_method(shop):
    answer = ask(shop, "fit(model, 3)", "FACTORS[0] = 5")
    assert answer == ([18, 18, 45, 45], ["fit", "fit"])


def test_a_method_that_is_edited(shop):
    answer = ask(shop, "fit(model, 3)", "Model.fit = lambda self, x: -x")
    assert answer == ([18, 18, -3, -3], ["fit", "fit"])


def test_an_instance_that_is_called(shop):
    answer = ask(shop, "apply(model, 3)", "Model.fit = lambda self, x: -x")
    assert answer == ([18, 18, -3, -3], ["apply", "apply"])


def test_a_made_method_counts_self(shop):
    answer = ask(shop, "model.made(3)", "model.weight = 10")
    assert answer == ([18, 18, 60, 60], ["made", "made"])
    answer = ask(shop, "Model(4).made(3)", "Model.fit = lambda self, x: -x")
    assert answer == ([24, 24, -3, -3], ["made", "made"])


def test_a_made_function_counts_as_the_plain_one(shop):
    (first, again, changed, same), runs = ask(shop, "apply(made_scale, 3)", "FACTORS[0] = 5")
    assert (first, again, changed, same) == (6, 6, 15, 15)
    assert runs == ["apply", "made_scale"] * 2
    answer = shop.run("import main\nanswer = main.apply(main.made_scale.__wrapped__, 3)")
    assert answer == (6, [])


def test_functions_in_containers(shop):
    call = "(lambda: apply(main_first, [scale, abs]))()"
    shop.write(main=MAIN + "\n    def main_first(functions):\n        return functions[0](4)\n")
    answer = shop.run(ASK.format(call=call, change="FACTORS[0] = 5"))
    assert answer == ([8, 8, 20, 20], ["apply", "apply"])


def test_attributes_that_were_put_on_a_function(shop):
    shop.write(
        main=MAIN,
        use="""
            import functools
            from main import make, mark

            def plain(x):
                return x

            plain.factor = 2

            @functools.wraps(plain)
            def other(x):
                return x

            @make(keep="all")
            def attribute(function):
                mark("attribute")
                return function.factor
        """,
    )
    for name in ("plain", "other"):
        assert shop.call(f"attribute({name})", "use") == (2, ["attribute"])
        assert shop.call(f"attribute({name})", "use") == (2, [])
    shop.edit("use", "plain.factor = 2", "plain.factor = 3")
    for name in ("plain", "other"):
        assert shop.call(f"attribute({name})", "use") == (3, ["attribute"])
    script = """
        import use
        answer = [use.attribute(use.plain)]
        use.plain.factor = 4
        answer += [use.attribute(use.plain), use.attribute(use.plain)]
    """
    assert shop.run(script) == ([3, 4, 4], ["attribute"])


def test_a_function_that_holds_itself(shop):
    shop.write(
        main=MAIN,
        use="""
            from main import make, mark

            def plain(x):
                return x * 2

            plain.itself = plain

            @make
            def calls(function):
                mark("calls")
                return function.itself(3)
        """,
    )
    assert shop.call("calls(plain)", "use") == (6, ["calls"])
    assert shop.call("calls(plain)", "use") == (6, [])
    shop.edit("use", "x * 2", "x * 3")
    assert shop.call("calls(plain)", "use") == (9, ["calls"])
