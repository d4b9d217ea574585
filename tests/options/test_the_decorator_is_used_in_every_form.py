"""`@make`, `@make(...)`, `make(func=f, ...)` and `make(f, ...)` mean the same."""

import functools

import pytest

from remade import MadeFunction, make


def double(x):
    return 2 * x


def forms(folder):
    yield make(cachedir=folder)(double)
    yield make(func=double, cachedir=folder)
    yield make(double, cachedir=folder)
    yield make(None, cachedir=folder)(double)
    yield functools.partial(make, cachedir=folder)(double)


def test_all_forms_share_one_result(tmp_path):
    ran = 0
    for made in forms(tmp_path):
        assert isinstance(made, MadeFunction)
        assert made(2) == 4
        ran += made.cache_info().ran
    assert ran == 1


def test_without_arguments_the_store_is_the_folder_cache_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    @make
    def f(x):
        return x + 1

    assert list(tmp_path.iterdir()) == []  # folders are made at the first run
    assert [f(1), f(1)] == [2, 2]
    assert f.cache_info().ran == 1
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_two_decorators_from_one_make_are_two_functions(tmp_path):
    decorate = make(cachedir=tmp_path)
    one, other = decorate(lambda: 1), decorate(double)
    assert (one(), other(1)) == (1, 2)


@pytest.mark.parametrize("option", ["outptu", "cache_dir", "func_", "persister"])
def test_an_option_that_does_not_exist_is_a_type_error_that_names_it(option):
    with pytest.raises(TypeError, match=rf"\b{option}\b"):
        make(**{option: 1})
    with pytest.raises(TypeError, match=rf"\b{option}\b"):
        make(double, **{option: 1})


def test_options_are_named():
    with pytest.raises(TypeError):
        make(double, None)
