"""`debug=True` and `events`; the library prints nothing by itself."""

import logging

import pytest

from counting import in_process, told
from remade import PickleFile, events, make


def test_debug_tells_of_runs_and_reuses(tmp_path, caplog):
    made = make(lambda x: x, cachedir=tmp_path, debug=True, name="f")
    with caplog.at_level(logging.DEBUG, logger="remade"):
        made(1)
        made(1)
        made(2)
    assert {record.name for record in caplog.records} == {"remade"}
    first, second, third = (record.getMessage() for record in caplog.records)
    assert f"{__name__}.f ran" in first
    assert "never ran" in first
    assert "reused" in second
    assert "x" in third
    assert "1" in third
    assert "2" in third


def test_without_debug_nothing_is_logged(tmp_path, caplog):
    made = make(lambda x: x, cachedir=tmp_path)
    with caplog.at_level(logging.DEBUG):
        made(1)
        made(1)
    assert caplog.records == []


@pytest.mark.parametrize("debug", [False, True])
def test_nothing_is_printed(tmp_path, debug):
    program = f"""
        from remade import make
        @make(debug={debug})
        def f(x):
            return x
        f(1), f(1), f(2), f.call(1), f.clear()
    """
    assert in_process(tmp_path, program) == ("", "")


def test_percent_signs_in_a_reason_do_no_harm(tmp_path, caplog):
    made = make(lambda x: x, cachedir=tmp_path, debug=True)
    with caplog.at_level(logging.DEBUG, logger="remade"):
        made("100% {0} %s")
        made("%d %(name)s")
    assert len([record.getMessage() for record in caplog.records]) == 2


def test_events_tell_function_reasons_and_files(tmp_path):
    file = tmp_path / "f.pkl"
    made = make(lambda x: x, cachedir=tmp_path, output=PickleFile(file), name="f")
    with told() as seen:
        made(1)
        made(1)
        file.unlink()
        made(1)
    assert [one.ran for one in seen] == [True, False, True]
    assert [one.function for one in seen] == [f"{__name__}.f"] * 3
    assert [one.files for one in seen] == [(str(file),)] * 3
    assert seen[0].reasons == ("never ran",)
    assert seen[1].reasons == ()
    assert "f.pkl" in seen[2].reasons[0]
    assert all(one.seconds >= 0 for one in seen)
    made(1)
    assert len(seen) == 3


def test_a_listener_that_raises_costs_nothing(tmp_path, monkeypatch):
    import sys

    reported = []
    monkeypatch.setattr(sys, "unraisablehook", reported.append)
    made = make(lambda x: x, cachedir=tmp_path)
    with events(lambda event: 1 / 0):
        assert made(1) == 1
        assert made(1) == 1
    assert len(reported) == 2


def test_debug_shows_once_logging_is_told_to(tmp_path):
    program = """
        import logging
        from remade import make
        logging.basicConfig(level="INFO")
        @make(debug=True)
        def f(x):
            return x
        f(1)
    """
    out, err = in_process(tmp_path, program)
    assert out == ""
    assert err.startswith("INFO:remade:program.f ran")


def test_a_call_that_raises_has_no_event(tmp_path):
    made = make(lambda x: 1 / x, cachedir=tmp_path, name="f")
    with told() as seen:
        with pytest.raises(ZeroDivisionError):
            made(0)
        made(1)
    assert [event.ran for event in seen] == [True]
