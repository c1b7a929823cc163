"""A process that reads and makes files for the studio: a request a line, an answer a line.

    python -m inkdream.studio.desk

What others have written, a recipe, an SVG, a picture, is looked at here and not in the server,
which stays small and answers while this works; and if a file ends this process, another is begun.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from inkdream.errors import InkdreamError, shorten

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
LONGEST_ERROR = 240


def main() -> None:
    """Answer requests until there are no more."""
    # What a library prints goes where errors go: this output is for answers alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what comes of a request, for JSON: {'answer': ...}, or {'error': one line}.

    Args:
        request: 'do', one of `TASKS`, and what its function takes.
    """
    given = dict(request)
    name = given.pop("do")
    try:
        function = getattr(import_module(f"inkdream.studio.{TASKS[name]}"), name)
        return {"answer": function(**given)}
    except InkdreamError as error:
        return {"error": str(error)}
    except Exception as error:
        # What nobody thought of is told in a line too, with where it was raised.
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        words = f"{type(error).__name__} in {where}: {shorten(str(error), LONGEST_ERROR)}"
        return {"error": words}


if __name__ == "__main__":
    main()
