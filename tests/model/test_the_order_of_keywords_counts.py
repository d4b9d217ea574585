"""A function that takes `**columns` can tell their order, so another order is another call."""

from remade import make


def test_the_order_of_keywords_counts(tmp_path):
    @make(cachedir=tmp_path / "cache")
    def table(**columns):
        return list(columns)

    assert table(y=1, x=2) == ["y", "x"]
    assert table(x=2, y=1) == ["x", "y"]
