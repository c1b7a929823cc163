"""Limits are told in words about the value, never in those of the library that checks it."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from inkdream.errors import InputError, first_problem
from inkdream.recipe import assemble
from inkdream.recipe.recipe import Recipe


class _Table(BaseModel, extra="forbid"):
    count: Annotated[int, Field(ge=1, le=9)] = 1
    length: Annotated[float, Field(gt=0, lt=2)] = 1.0
    kind: Literal["a", "b"] = "a"
    name: str = ""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"count": 0}, "must be at least 1"),
        ({"count": 10}, "must be at most 9"),
        ({"count": 1.5}, "must be a whole number"),
        ({"count": "many"}, "must be a whole number"),
        ({"length": 0}, "must be above 0"),
        ({"length": 2}, "must be below 2"),
        ({"length": "long"}, "must be a number"),
        ({"kind": "c"}, "must be 'a' or 'b'"),
        ({"name": 3}, "must be text, in quotes"),
    ],
)
def test_each_kind_of_mistake_says_what_is_allowed(said: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _Table.model_validate(said)
    assert first_problem(caught.value) == expected


def _numbers() -> list[str]:
    """Return every key of a recipe that is a number with limits."""
    keys = []
    for name, field in Recipe.model_fields.items():
        tables = getattr(field.annotation, "model_fields", {None: field})
        keys += [
            ".".join(filter(None, (name, key)))
            for key, inner in tables.items()
            if inner.annotation in (int, float) and inner.metadata
        ]
    return keys


@pytest.mark.parametrize("value", ["-1e12", "1e12", "'word'", "[1, 2]"])
@pytest.mark.parametrize("key", _numbers())
def test_no_number_of_a_recipe_is_refused_in_another_programs_words(key: str, value: str) -> None:
    if key == "seed" and value == "1e12":
        return  # a seed may be as large as that
    with pytest.raises(InputError) as caught:
        assemble(None, {}, [f"{key}={value}"])
    assert not any(word in str(caught.value) for word in ("Input", "valid ", "parse"))
    assert key.split(".", maxsplit=1)[0] in str(caught.value)
