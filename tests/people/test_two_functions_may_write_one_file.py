"""Functions that name one file displace each other's result, and nothing is taken for a person's."""

from counting import aside, warned
from remade import PickleFile, make


def test_each_gets_its_own_result(tmp_path):
    def made(name):
        output = PickleFile(tmp_path / "shared.pkl")
        return make(lambda x: [name, x], cachedir=tmp_path / "c", output=output, name=name)

    one, other = made("one"), made("other")
    for _ in range(3):
        assert one(1) == ["one", 1]
        assert other(1) == ["other", 1]
    assert (one.cache_info().ran, other.cache_info().ran) == (3, 3)
    assert aside(tmp_path) == []


def test_what_another_store_explains_is_kept_all_the_same(tmp_path):
    def made(store):
        output = PickleFile(tmp_path / "shared.pkl")
        return make(lambda: [store], cachedir=tmp_path / store, output=output)

    made("one")()
    with warned("no record explains it"):
        assert made("other")() == ["other"]
    assert len(aside(tmp_path)) == 1


def test_of_two_with_the_same_content_both_stay_fresh(tmp_path):
    def made(name):
        output = PickleFile(tmp_path / "shared.pkl")
        return make(lambda: "same", cachedir=tmp_path / "c", output=output, name=name)

    one, other = made("one"), made("other")
    for _ in range(3):
        assert one() == other() == "same"
    assert (one.cache_info().ran, other.cache_info().ran) == (1, 1)


def test_a_function_that_was_given_another_file_leaves_the_first_alone(tmp_path):
    def made(path):
        return make(lambda: [1], cachedir=tmp_path / "c", output=PickleFile(tmp_path / path))

    made("a.pkl")()
    made("b.pkl")()
    assert (tmp_path / "a.pkl").exists()
    made("a.pkl")()
    assert aside(tmp_path) == []
