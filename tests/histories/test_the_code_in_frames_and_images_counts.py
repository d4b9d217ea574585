"""History knows a frame or an image as it was. Where its class is the user's own, or there are objects in it
whose class is, an edit of that is seen as it is of any object."""

import importlib
import os

import pytest

# What each is, and how it answers: at last by `Part.ask`.
KINDS = """
    import numpy as np
    import lab

    class Part:
        def __init__(self, number):
            self.number = number

        def ask(self):
            return 1

    def is_there(name):
        try:
            __import__(name)
        except ImportError:
            return False
        return True

    class Asked:
        def ask(self):
            return Part(0).ask()

    MADE = {}

    if is_there("pandas"):
        import pandas as pd

        class Frame(Asked, pd.DataFrame):
            pass

        class Column(Asked, pd.Series):
            pass

        class Noted(pd.DataFrame):
            _metadata = ["part"]

            def ask(self):
                return self.part.ask()

        def noted():
            frame = Noted({"a": [1]})
            frame.part = Part(0)
            return frame

        def with_attributes():
            frame = pd.DataFrame({"a": [1]})
            frame.attrs["part"] = Part(0)
            return frame

        parts = [Part(0), Part(1)]
        categories = pd.Categorical.from_codes([0, 1], categories=parts)
        nested = pd.MultiIndex(levels=[parts, [5]], codes=[[0, 1], [0, 0]])
        MADE |= {
            "frame": lambda: Frame({"a": [1]}),
            "column": lambda: Column([1]),
            "metadata": noted,
            "attributes": with_attributes,
            "in a column": lambda: pd.DataFrame({"a": [1, 2], "m": [Part(0), Part(1)]}),
            "in a column of text": lambda: pd.DataFrame(
                {"m": pd.Series(["a"] * 3000 + [Part(0)], dtype=object)}
            ),
            "in a list in a column": lambda: pd.Series([[1], {"a": (Part(0),)}]),
            "in an index": lambda: pd.DataFrame({"a": [1, 2]}, index=pd.Index(parts)),
            "in the columns": lambda: pd.DataFrame([[1, 2]], columns=pd.Index(parts)),
            "in a name": lambda: pd.Series([1], name=(Part(0),)),
            "in categories": lambda: pd.DataFrame({"m": categories}),
            "in levels": lambda: pd.Series([1, 2], index=nested),
        }

    if is_there("nibabel"):
        import nibabel

        class Image(Asked, nibabel.Nifti1Image):
            pass

        def with_extra():
            image = nibabel.Nifti1Image(np.zeros((2, 2, 2), "f4"), np.eye(4))
            image.extra["part"] = Part(0)
            return image

        MADE |= {
            "image": lambda: Image(np.zeros((2, 2, 2), "f4"), np.eye(4)),
            "extra": with_extra,
        }

    if is_there("polars"):
        import polars as pl

        class Polars(Asked, pl.DataFrame):
            pass

        class PolarsColumn(Asked, pl.Series):
            pass

        MADE |= {"polars": lambda: Polars({"a": [1]}), "polars column": lambda: PolarsColumn([1])}

    if is_there("pyarrow"):
        import pyarrow

        class Type(pyarrow.ExtensionType):
            def __init__(self):
                super().__init__(pyarrow.int64(), "kinds.type")

            def __arrow_ext_serialize__(self):
                return b""

            @classmethod
            def __arrow_ext_deserialize__(cls, storage, serialized):
                return cls()

            def __arrow_ext_class__(self):
                return Elements

        class Elements(Asked, pyarrow.ExtensionArray):
            pass

        pyarrow.register_extension_type(Type())

        def elements():
            return pyarrow.ExtensionArray.from_storage(Type(), pyarrow.array([1, 2]))

        MADE |= {
            "arrow": elements,
            "arrow table": lambda: pyarrow.table({"m": elements()}),
            "arrow list": lambda: pyarrow.ListArray.from_arrays([0, 2], elements()),
        }

    def ask(made):
        for way in (
            lambda: made.ask,
            lambda: made.attrs["part"].ask,
            lambda: made.extra["part"].ask,
            lambda: made["m"].chunk(0).ask,
            lambda: made.values.ask,
            lambda: made["m"].iloc[-1].ask,
            lambda: made.iloc[1]["a"][0].ask,
            lambda: made.index[0].ask,
            lambda: made.index[0][0].ask,
            lambda: made.columns[0].ask,
            lambda: made.name[0].ask,
        ):
            try:
                found = way()
            except (AttributeError, LookupError, TypeError):
                continue
            return found()
        raise AssertionError(made)
"""

PIPELINE = """
    import importlib
    from marks import mark
    from remade import make

    # Who makes it and who asks it know nothing of its class.
    @make
    def give(how):
        return importlib.import_module("kinds").MADE[how]()

    @make(keep="all")
    def asked(made):
        mark("asked")
        return importlib.import_module("kinds").ask(made)

    @make(keep="all", follow=("lab",))
    def following(made):
        mark("following")
        return importlib.import_module("kinds").ask(made)
"""

PANDAS = ["frame", "column", "metadata", "attributes", "in a column", "in a column of text"]
PANDAS += ["in a list in a column", "in an index", "in the columns", "in a name", "in categories"]
PANDAS += ["in levels"]
HOW = [*PANDAS, "image", "extra", "polars", "polars column", "arrow", "arrow table", "arrow list"]


def needs(how):
    first = how.split()[0]
    name = {"image": "nibabel", "extra": "nibabel", "polars": "polars", "arrow": "pyarrow"}.get(
        first, "pandas"
    )
    try:
        importlib.import_module(name)
    except ImportError:
        pytest.skip(f"{name} is not there")


@pytest.fixture
def shop(shop):
    library = shop.folder / "site-packages"
    library.mkdir()
    shop.write(
        kinds=KINDS, pipeline=PIPELINE, **{"site-packages/lab": "def one():\n    return 1\n"}
    )
    before = shop.environment.get("PYTHONPATH")
    shop.environment["PYTHONPATH"] = os.pathsep.join(filter(None, [before, str(library)]))
    return shop


@pytest.mark.parametrize("how", HOW)
def test_an_edit_is_seen_by_the_next_process(shop, how):
    needs(how)
    call = f"asked(give({how!r}))"
    assert shop.call(call, "pipeline") == (1, ["asked"])
    assert shop.call(f"[{call}, {call}]", "pipeline") == ([1, 1], [])
    shop.edit("kinds", "return 1\n", "return 2\n")
    assert shop.call(call, "pipeline") == (2, ["asked"])
    assert shop.call(f"[{call}, {call}]", "pipeline") == ([2, 2], [])
    shop.edit("kinds", "return 2\n", "return 1\n")
    assert shop.call(call, "pipeline") == (1, [])
    assert shop.warnings == []


@pytest.mark.parametrize("how", HOW)
def test_an_edit_of_a_live_class_is_seen_by_the_next_call(shop, how):
    needs(how)
    script = f"""
        import kinds, pipeline
        made = pipeline.give({how!r})
        answer = [pipeline.asked(made), pipeline.asked(made)]
        kinds.Part.ask = lambda self: 2
        answer += [pipeline.asked(made), pipeline.asked(made)]
    """
    assert shop.run(script) == ([1, 1, 2, 2], ["asked"] * 2)
    assert shop.warnings == []


def test_an_edit_of_the_class_of_an_image_that_its_file_does_not_keep(shop):
    needs("image")
    shop.write(
        images="""
        import kinds
        from pipeline import asked
        from remade import NiftiFile, make

        @make(output=NiftiFile("image.nii"))
        def give():
            return kinds.MADE["image"]()
        """
    )
    script = """
        import images, kinds
        made = images.give()
        answer = [images.asked(made), images.asked(made)]
        kinds.Part.ask = lambda self: 2
        answer += [images.asked(made), images.asked(made)]
    """
    assert shop.run(script) == ([1, 1, 2, 2], ["asked"] * 2)


@pytest.mark.parametrize("how", ["frame", "in a column", "image", "polars", "arrow"])
def test_an_edit_of_what_a_function_follows_is_seen_by_it(shop, how):
    needs(how)
    shop.edit("kinds", "return 1\n", "return lab.one()\n")
    call = f"[following(give({how!r})), asked(give({how!r}))]"
    assert shop.call(call, "pipeline") == ([1, 1], ["following", "asked"])
    assert shop.call(call, "pipeline") == ([1, 1], [])
    shop.edit("site-packages/lab", "return 1", "return 2")
    assert shop.call(call, "pipeline") == ([2, 1], ["following"])
    assert shop.call(call, "pipeline") == ([2, 1], [])
