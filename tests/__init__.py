"""The checker of shapes and types that the tests put around every function of the package."""

import inspect
import re
from collections.abc import Callable
from typing import Any, get_args

import jaxtyping
from beartype import BeartypeConf, beartype

# An int may stand where a float is asked for, as everywhere in Python (PEP 484). What is of another
# type than it says is what it is without a checker, too: a TypeError.
check = beartype(conf=BeartypeConf(is_pep484_tower=True, violation_type=TypeError))
_all_checked = jaxtyping.jaxtyped


def _has_shapes(hint: Any, known: dict[str, Any]) -> bool:
    """Return whether a hint, or what a word in it stands for, is of arrays of some shape."""
    if isinstance(hint, str):
        return any(_has_shapes(known.get(word), known) for word in re.findall(r"\w+", hint))
    if isinstance(hint, type) and hint.__module__.startswith("jaxtyping"):
        return True
    return any(_has_shapes(each, known) for each in get_args(hint))


def _checked(typechecker: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return a decorator that checks what a function takes and gives.

    Sizes of arrays are compared with each other in functions that speak of them alone: in all the
    others, of which some are called for every coordinate, that takes longer than what they do.
    """
    whole = _all_checked(typechecker=typechecker)

    def decorate(thing: Any) -> Any:
        hints = getattr(thing, "__annotations__", {}).values()
        if inspect.isfunction(thing) and not any(_has_shapes(h, thing.__globals__) for h in hints):
            return check(thing)
        return whole(thing)

    return decorate


jaxtyping.jaxtyped = lambda *, typechecker: _checked(typechecker)
