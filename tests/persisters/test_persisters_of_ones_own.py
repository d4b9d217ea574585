"""What a user's subclass may do, and what is part of the record."""

import pytest

from counting import staged, warned
from remade import Persister, PickleFile, make


class TextFile(Persister):
    extension = ".txt"

    def save(self, value):
        with open(self.filename, "w") as file:
            file.write(PREFIX + value)

    def load(self):
        with open(self.filename) as file:
            return file.read().removeprefix(PREFIX)


PREFIX = ""
DATABASE = {}


class Database(Persister):
    """It has no file."""

    def __init__(self, key):
        self.key = key

    def save(self, value):
        DATABASE[self.key] = value

    def load(self):
        return DATABASE[self.key]


def test_it_sees_the_extension_of_the_name_and_the_folder(tmp_path):
    seen = []

    class Looking(TextFile):
        def save(self, value):
            seen.append(self.filename)
            super().save(value)

    for name in ("f.txt", "f", "f.nii.gz", ".hidden", "ünï.txt", "a b.c"):
        made = make(lambda: "x", cachedir=tmp_path / "c", output=Looking(tmp_path / name), name="f")
        assert [made(), made()] == ["x", "x"]
        assert (tmp_path / name).read_text() == "x"
        given = str(seen.pop())
        assert given != str(tmp_path / name)
        assert given.startswith(str(tmp_path))
    made = make(lambda: "x", cachedir=tmp_path / "c", output=Looking(tmp_path / "f.nii.gz"))
    made.call()
    assert str(seen.pop()).endswith(".nii.gz")
    assert staged(tmp_path) == []


def test_the_object_that_the_user_gave_is_left_alone(tmp_path):
    class Counting(TextFile):
        def __init__(self, filename):
            super().__init__(filename)
            self.saved = 0

        def save(self, value):
            self.saved += 1
            super().save(value)

    persister = Counting(tmp_path / "f.txt")
    made = make(lambda x: x, cachedir=tmp_path / "c", output=persister)
    made("a"), made("b"), made("b")
    assert (persister.saved, persister.filename) == (0, str(tmp_path / "f.txt"))
    persister.filename = "elsewhere"
    made("c")
    assert (tmp_path / "f.txt").read_text() == "c"


def test_one_without_a_file_is_called_as_it_is(tmp_path):
    DATABASE.clear()
    made = make(lambda x: [x], cachedir=tmp_path, output=Database("k"))
    assert [made(1), made(1)] == [[1], [1]]
    assert made.cache_info().ran == 1
    assert DATABASE == {"k": [1]}
    del DATABASE["k"]
    with warned("cannot be loaded"):
        assert made(1) == [1]
    assert made.cache_info().ran == 2


def test_its_code_its_class_and_its_parameters_count(tmp_path, monkeypatch):
    def ran(output):
        made = make(lambda: "x", cachedir=tmp_path / "c", output=output, name="f")
        assert [made(), made()] == ["x", "x"]
        return made.cache_info().ran

    class Other(TextFile):
        pass

    class Marked(TextFile):
        mark = "a"

        def __init__(self, filename, mark):
            super().__init__(filename)
            self.mark = mark

    for output in (TextFile(tmp_path / "f"), Other(tmp_path / "f"), Marked(tmp_path / "f", "a"),
                   Marked(tmp_path / "f", "b")):  # fmt: skip
        assert [ran(output), ran(output)] == [1, 0]


def test_a_helper_of_its_code_counts_also_when_it_changes_in_this_process(tmp_path, monkeypatch):
    made = make(lambda: "x", cachedir=tmp_path / "c", output=TextFile(tmp_path / "f"))
    assert [made(), made()] == ["x", "x"]
    monkeypatch.setitem(globals(), "PREFIX", "> ")
    assert [made(), made()] == ["x", "x"]
    assert made.cache_info().ran == 2
    assert (tmp_path / "f").read_text() == "> x"


def test_attributes_for_loading_do_not_count(tmp_path):
    class Reading(TextFile):
        loading = ("upper",)

        def __init__(self, filename, upper):
            super().__init__(filename)
            self.upper = upper

        def load(self):
            text = super().load()
            return text.upper() if self.upper else text

    def made(upper):
        output = Reading(tmp_path / "f", upper)
        return make(lambda: "x", cachedir=tmp_path / "c", output=output, name="f")

    made(False)()
    assert [made(False)(), made(True)()] == ["x", "X"]
    assert made(True).cache_info().ran == 0


def test_a_file_that_another_run_has_put_there_is_not_taken_for_this_one(tmp_path):
    """The file is replaced after it was looked at and before it is loaded."""
    DATABASE.clear()
    meanwhile = []

    class Slow(Database):
        def load(self):
            while meanwhile:
                meanwhile.pop()()
            return super().load()

    made = make(
        lambda x: (0, x), cachedir=tmp_path / "c", output=(Slow("k"), TextFile(tmp_path / "f"))
    )
    made("one")
    meanwhile.append(lambda: made("two"))
    assert made("one") == (0, "one")


def test_by_hand(tmp_path):
    for persister, value in (
        (TextFile(tmp_path / "f.txt"), "x"),
        (PickleFile(tmp_path / "f.pkl"), {"a": {1}}),
    ):
        persister.save(value)
        persister.save(value)
        assert persister.load() == value
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.pkl", "f.txt"]
    with pytest.raises(FileNotFoundError):
        PickleFile(tmp_path / "none").load()
    with pytest.raises(FileNotFoundError):
        PickleFile(tmp_path / "none" / "f").save(1)


def test_they_pickle_and_copy(tmp_path):
    import copy
    import pickle

    for persister in (TextFile(tmp_path / "f"), PickleFile(tmp_path / "g"), Database("k")):
        for again in (copy.copy(persister), copy.deepcopy(persister),
                      pickle.loads(pickle.dumps(persister))):  # fmt: skip
            assert type(again) is type(persister)
            assert vars(again) == vars(persister)
