"""What does not fit the parameters raises what the plain function would raise."""

import pytest

from counting import staged
from remade import make


def f(a, /, b, *, c=1):
    return a, b, c


def g(*args, key):
    return args, key


WRONG = [
    (f, (), {}),
    (f, (1,), {}),
    (f, (1, 2, 3), {}),
    (f, (1, 2), {"b": 2}),
    (f, (), {"a": 1, "b": 2}),
    (f, (1, 2), {"d": 2}),
    (g, (1, 2), {}),
    (g, (1, 2), {"key": 1, "keys": 1}),
]


@pytest.mark.parametrize(("function", "args", "kwargs"), WRONG)
def test_the_message_is_that_of_the_plain_function(tmp_path, function, args, kwargs):
    made = make(function, cachedir=tmp_path)
    with pytest.raises(TypeError) as plain:
        function(*args, **kwargs)
    for call in (made, made.call):
        with pytest.raises(TypeError) as raised:
            call(*args, **kwargs)
        assert str(raised.value) == str(plain.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("function", "args", "kwargs"), WRONG)
def test_questions_about_a_call_that_cannot_be_are_type_errors(tmp_path, function, args, kwargs):
    made = make(function, cachedir=tmp_path)
    for ask in (made.check_call_in_cache, made.output_path):
        with pytest.raises(TypeError, match=function.__name__):
            ask(*args, **kwargs)


def test_of_an_async_function_at_once(tmp_path):
    async def h(a):
        return a

    made = make(h, cachedir=tmp_path)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        made()


def test_of_a_method(tmp_path):
    class Model:
        @make(cachedir=tmp_path)
        def fit(self, x):
            return x

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Model().fit()
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
        Model().fit(1, 2)


def test_a_type_error_of_the_function_itself_is_its_own(tmp_path):
    def broken(x):
        return x + "1"

    with pytest.raises(TypeError, match="unsupported operand"):
        make(broken, cachedir=tmp_path)(1)
    assert staged(tmp_path) == []
