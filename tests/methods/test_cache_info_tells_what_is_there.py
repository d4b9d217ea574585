"""`f.cache_info()`."""

from pathlib import Path

from remade import CacheInfo, make


def test_it_counts_runs_and_reuses_of_this_process(tmp_path):
    made = make(lambda x: x, cachedir=tmp_path, keep=2)
    for x in (1, 1, 2, 1, 3):
        made(x)
    info = made.cache_info()
    assert isinstance(info, CacheInfo)
    assert (info.ran, info.reused, info.records) == (3, 2, 2)
    again = make(made.__wrapped__, cachedir=tmp_path, keep=2)
    assert (again.cache_info().ran, again.cache_info().records) == (0, 2)


def test_it_tells_where_and_how_much(tmp_path):
    made = make(lambda: "x" * 5000, cachedir=tmp_path / "cache")
    assert (made.cache_info().size, made.cache_info().records) == (0, 0)
    assert not (tmp_path / "cache").exists()
    made()
    info = made.cache_info()
    assert info.size > 5000
    assert Path(info.folder).is_dir()
    assert tmp_path / "cache" in Path(info.folder).parents


def test_a_run_that_raised_is_none(tmp_path):
    made = make(lambda x: 1 / x, cachedir=tmp_path)
    try:
        made(0)
    except ZeroDivisionError:
        pass
    info = made.cache_info()
    assert (info.records, info.reused) == (0, 0)
