"""Does a made function give what the plain one gives, and run only when it must?"""

from __future__ import annotations

import warnings

import program
from comparing import arrays_in, content_of, copied, same, spoil
from recipes import made_of
from state import Entry


class Disagreement(AssertionError):
    """The made function and the plain one differ."""


def call(loaded, name, recipe, forced=False, must_be_fresh=False):
    """Calls the made function and the plain one, and compares all that can be seen of them."""
    import remade  # a process that was just forked has not done that

    state = loaded.state
    made, plain = loaded.function(loaded.made, name), loaded.function(loaded.plain, name)
    arrays, is_broken, is_view = made_of(state, recipe[0])
    content = content_of(arrays)
    copies = copied(arrays)
    rest = [remade.File(x) if name in program.FILES else x for x in recipe[1]]
    events = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with remade.events(events.append):
            got = attempt(made.call if forced else made, *arrays, *rest, **recipe[2])
        wanted = attempt(plain, *copies, *recipe[1], **recipe[2])
    told = [str(w.message) for w in caught if issubclass(w.category, remade.RemadeWarning)]
    # A run that raised is no event; calls inside it may be.
    is_value = got[0] == "value"
    ran, why = (events[-1].ran, events[-1].reasons) if is_value else (True, got[1])
    line = f"{name}{recipe} {'ran' if ran else 'reused'} {why} {told}"
    is_right = same(got, wanted)
    state.counts["calls"] += 1
    state.counts["ran" if ran else "reused"] += 1
    if not is_right:
        # The one thing that the specification allows.
        if not (is_broken and not ran and told):
            raise Disagreement(f"{line}\n  made  {got!r}\n  plain {wanted!r}")
        state.counts["broken"] += 1
    if name not in program.RETURN_WHAT_THEY_CHANGE and not same(arrays, copies):
        raise Disagreement(f"{line}\n  arguments {arrays!r}\n  should be {copies!r}")
    if forced and not ran:
        raise Disagreement(f"{line}: asked to run, and did not")
    if must_be_fresh:
        state.counts["repeats"] += 1
        if ran:
            raise Disagreement(f"{line}: it ran and need not have run")
    for other in program.CALLED_INSIDE.get(name, ()):
        state.last.pop(other, None)
    state.last.pop(name, None)
    if is_value:
        state.last[name] = recipe, content, is_view, state.epoch, state.process
    if is_value and is_right:
        for array in arrays_in(got[1]):
            if array.size and not array.dtype.hasobject and len(state.pool) < 12:
                state.pool.append(Entry(array))
        # What a caller does with the lists and dicts of a result is the caller's affair.
        if state.counts["calls"] % 2:
            spoil(got[1])
    return line


def attempt(function, *args, **kwargs):
    try:
        return "value", function(*args, **kwargs)
    except (ValueError, TypeError, OSError, IndexError) as error:
        return "error", type(error).__name__
