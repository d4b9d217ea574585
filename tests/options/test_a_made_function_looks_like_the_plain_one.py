"""Name, place, documentation, signature and annotations are those of the plain function."""

import copy
import inspect
import typing

import pytest

from remade import make


def smooth(image: list, fwhm: float = 6.0, *rest: int, mode: str = "same", **more: int) -> list:
    """Smooths an image."""
    return image


@pytest.fixture
def made(tmp_path):
    return make(smooth, cachedir=tmp_path)


@pytest.mark.parametrize(
    "attribute", ["__name__", "__qualname__", "__module__", "__doc__", "__annotations__"]
)
def test_attributes_are_kept(made, attribute):
    assert getattr(made, attribute) == getattr(smooth, attribute)


def test_the_signature_is_kept(made):
    assert inspect.signature(made) == inspect.signature(smooth)
    assert inspect.getdoc(made) == "Smooths an image."
    assert inspect.unwrap(made) is smooth
    assert inspect.getsource(made) == inspect.getsource(smooth)
    assert typing.get_type_hints(made) == typing.get_type_hints(smooth)


def test_the_plain_function_is_there(made):
    assert made.__wrapped__ is smooth
    assert made.__wrapped__([1]) == [1]
    assert made.cache_info().ran == 0


def test_attributes_of_ones_own_are_kept_and_can_be_set(tmp_path):
    def f():
        return 1

    f.stage = "first"
    made = make(f, cachedir=tmp_path)
    assert made.stage == "first"
    made.stage = "second"
    assert (made.stage, f.stage) == ("second", "first")


def test_it_tells_what_it_is(made):
    assert repr(made) == f"<made function {__name__}.smooth>"
    assert callable(made)
    assert not inspect.iscoroutinefunction(made)
    assert not inspect.isgeneratorfunction(made)


def test_copies_are_the_same_function(made):
    module_level = copy.copy(make)  # functions are their own copies
    assert module_level is make
    assert hash(made) == hash(made)
    assert {made: 1}[made] == 1


def test_wrapping_it_once_more_keeps_the_looks(made):
    import functools

    @functools.wraps(made)
    def outer(*args, **kwargs):
        return made(*args, **kwargs)

    assert outer.__name__ == "smooth"
    assert inspect.signature(outer) == inspect.signature(smooth)
    assert inspect.unwrap(outer) is smooth


def test_functions_without_a_name_of_their_own_can_be_made(tmp_path):
    import functools

    made = make(functools.partial(smooth, fwhm=2.0), cachedir=tmp_path)
    assert made([1]) == [1]
    assert list(inspect.signature(made).parameters) == ["image", "fwhm", "mode", "more"]
