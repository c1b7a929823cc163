"""A process that reads and makes files for the studio: a request a line, an answer a line.

    python -m inkdream.studio.desk

What others have written, a recipe, an SVG, a picture, is looked at here and not in the server,
which stays small and answers while this works; and if a file ends this process, another is begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from inkdream.answering import answer_lines, unforeseen
from inkdream.errors import InkdreamError, InputError

# What can be asked for: where the function is. Torch is loaded by those that need it.
TASKS = {
    "check": "recipes",
    "prepare": "recipes",
    "describe": "recipes",
    "titles": "recipes",
    "look_at": "recipes",
    "choices": "lists",
    "pens": "lists",
    "layers": "lookups",
    "plot": "plots",
    "own_plot": "orders",
}


def main() -> None:
    """Answer requests until there are no more."""
    answer_lines(answer)


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what comes of a request, for JSON: {'answer': ...}, or {'error': ..., 'errno': ...}.

    The error is one line; its number is None where the request cannot be, the system's where the
    system refused, and 0 where something else went wrong here.

    Args:
        request: 'do', one of `TASKS`, and what its function takes.
    """
    given = dict(request)
    name = given.pop("do")
    try:
        function = getattr(import_module(f"inkdream.studio.{TASKS[name]}"), name)
        return {"answer": function(**given)}
    except InputError as error:
        return {"error": str(error), "errno": None}
    except Exception as error:
        # What nobody thought of is told in a line too.
        line = str(error) if isinstance(error, InkdreamError | OSError) else unforeseen(error)
        cause = error if isinstance(error, OSError) else error.__cause__
        return {"error": line, "errno": getattr(cause, "errno", None) or 0}


if __name__ == "__main__":
    main()
