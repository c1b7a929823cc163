"""What is wrong with a value, in words about the value and not about the library that checks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

# By the kinds of pydantic's errors; what stands in braces is the limit that was passed.
_WORDS: Mapping[str, str] = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be above {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be below {lt}",
    "finite_number": "must be a finite number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text, in quotes",
    "literal_error": "must be {expected}",
    "tuple_type": "must be a list, in brackets",
    "list_type": "must be a list, in brackets",
    "dict_type": "must be a table",
    "model_type": "must be a table of keys and values",
    "missing": "is missing",
    "too_short": "needs at least {min_length}",
    "too_long": "takes at most {max_length}",
}


def problem_of(error: Any) -> str:
    """Return what is wrong, from one of pydantic's error tables: "must be at least 8".

    Args:
        error: an item of `ValidationError.errors()`.
    """
    words = _WORDS.get(error["type"])
    if words is None:
        return str(error["msg"]).removeprefix("Value error, ")
    context = error.get("ctx", {})
    numbers = {
        key: f"{value:g}" if isinstance(value, float) else value for key, value in context.items()
    }
    return words.format(**numbers)


def first_problem(error: ValidationError) -> str:
    """Return what is wrong first."""
    return problem_of(error.errors(include_url=False)[0])
