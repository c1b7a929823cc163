"""Processes of inkdream's own that answer: a request in each line, an answer in each."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from inkdream.errors import shorten

LONGEST_ERROR = 240


def answer_lines(answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Answer requests, in JSON, until there are no more.

    Args:
        answer: takes a request, and raises nothing.
    """
    # What a library prints goes where errors go: this output is for answers alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


def unforeseen(error: Exception) -> str:
    """Return an error that nobody thought of in one line, with where it was raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    return f"{type(error).__name__} in {where}: {shorten(str(error), LONGEST_ERROR)}"
