"""Climbs, runs and commands: taken so far or to the end, gone on with, and what they say."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from inkdream.cli import main
from inkdream.run import Run


def climbed(what: Any, steps: int | None = None) -> Any:
    """Take so many steps of a session or run, or all that are left; return it."""
    for _ in islice(what.steps(), steps):
        pass
    return what


def drawn(recipe: Any, parent: Path) -> Run:
    """Return a finished run."""
    run: Run = climbed(Run.create(recipe, parent))
    run.finish()
    return run


def stopped(recipe: Any, parent: Path, steps: int) -> Run:
    """Return a run that has saved itself after so many steps."""
    run: Run = climbed(Run.create(recipe, parent), steps)
    run.save()
    return run


def gone_on(folder: Path, done: int) -> Run:
    """Climb a run to its end that was stopped after so many steps, as another process would."""
    again = Run.open(folder)
    assert again.session.done == done
    return climbed(again)


def same_result(one: Run, other: Run) -> bool:
    """Return whether two runs have ended in the same drawing, to the last bit."""
    first, second = (run.session.result.state_dict() for run in (one, other))
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def certificate(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "certificate.json").read_text())


def events(folder: Path) -> list[dict[str, Any]]:
    """Return what happened, without how long it took."""
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [{key: line[key] for key in line if key != "seconds"} for line in lines]


def contents(folder: Path) -> dict[str, bytes]:
    """Return all that stands in a folder, and in those in it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def says(capsys: Any, *words: Any) -> tuple[int, str, str]:
    """Return the exit code of a command and what was said, the usual and the unusual."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    return end.value.code, *capsys.readouterr()


def refused(capsys: Any, *words: Any) -> str:
    """Return the one line in which words are refused."""
    code, out, err = says(capsys, *words)
    assert code == 2, (out, err)
    assert err.startswith("inkdream: ") and err.endswith("\n") and err.count("\n") == 1, err
    assert "Traceback" not in out + err
    assert len(err) < 1000
    return err
