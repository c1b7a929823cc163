"""What is said of a run uses words that people know, and counts that read well."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

import inkdream
from inkdream import recipe
from inkdream.cli.draw import describe, fields, pens_alike
from inkdream.run import Step
from inkdream.wording import command, counted, listed
from tests.running import climbed, says
from tests.toys import small

OURS = re.compile(r"\b(soft|strict|gap|specks?|softness)\b")


def test_one_thing_is_no_plural():
    assert [counted(n, "pen change") for n in (0, 1, 2000)] == [
        "0 pen changes",
        "1 pen change",
        "2,000 pen changes",
    ]
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([*"abcdefgh"], most=2) == "a, b and 6 more"


def test_no_message_counts_without_the_helper():
    """A plural behind a number in braces is right for one number only."""
    plural = re.compile(r"\} (strokes|pens|inks|colours|layers|drawings|channels|pen changes)\b")
    # What is counted there is a limit, which is never 1.
    limit = re.compile(r"\{(least\} to \{)?(self\.)?(most|MOST)[^{}]*\} ")
    wrong = []
    for path in Path(inkdream.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                words = limit.sub("", ast.unparse(node))
                if plural.search(words):
                    wrong.append((path.name, words))
    assert wrong == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"pens": "black", "medium": "strokes", "strokes": {"count": 1}}, "1 stroke, 1 pen, "),
        ({"inks": 3}, "3 inks"),
        ({"inks": 3, "plot": {"budget": "20min"}}, "3 inks, at most 20 min 0 s of plotting"),
        ({"pens": "black,red", "pick": 1, "inks": ["#ffffff", "?"]}, "1 of 2 pens"),
    ],
)
def test_a_run_is_described_by_what_was_asked_for(said, words):
    assert describe(recipe.validate(said)).startswith(words)


def test_pens_that_look_the_same_are_pointed_out():
    alike = recipe.validate({"medium": "strokes", "pens": "black:0.3,red,#000001:0.8,blue"})
    (note,) = pens_alike(alike)
    assert "'black'" in note
    assert "'#000001'" in note
    assert pens_alike(recipe.validate({"medium": "strokes", "pens": "black,red,blue,?"})) == []
    assert pens_alike(recipe.validate({"inks": 3})) == []


@pytest.mark.parametrize(
    ("stage", "softness", "words"),
    [
        ("study", 1.0, "finding form"),
        ("inks", 0.5, "choosing inks"),
        ("inks", 0.0, "drawing in inks"),
        ("comparison", 0.0, "all colours"),
    ],
)
def test_the_bar_says_what_grows(stage, softness, words):
    progress = Step(3, {"x": 2.0}, 2.0, {}, softness, 0.1, stage, 3, 9, 1.5)
    shown = fields(progress)
    # Only the drawing's own stage has a score in exactly its inks.
    assert shown == {"stage": words, "score": "1.5" if stage == "inks" else "2"}
    assert fields(replace(progress, score_strict=None))["score"] == "2"


def test_pens_that_draw_nothing_are_named_and_those_that_are_learned_are_not(tmp_path):
    from inkdream.run import Run

    # Ink that is as light as the paper cannot be seen: it is never drawn.
    said = small(medium="strokes", strokes={"count": 4}, pens="?,?,white:0.4")
    run = climbed(Run.create(said, tmp_path))
    assert [name for name in run.finish().unused_pens if name.startswith("?")] == []


def test_a_run_is_told_in_words_that_people_know(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    path = tmp_path / "r.toml"
    said = small(medium="strokes", strokes={"count": 4}, pens="black,#000001:0.4,yellow:0.4")
    path.write_text(said.to_toml())
    code, out, _ = says(capsys, "draw", path, "--out", tmp_path / "runs")
    assert code == 0
    assert OURS.findall(out) == []
    assert "score" in out
    assert "have the same colour" in out
    assert "drawing in inks" in out


@pytest.mark.parametrize(
    ("called", "on_path", "expected"),
    [
        (".venv/bin/inkdream", False, ".venv/bin/inkdream"),
        ("my tools/bin/inkdream", False, "'my tools/bin/inkdream'"),
        (".venv/bin/inkdream", True, "inkdream"),
        ("/usr/lib/python3/inkdream/__main__.py", False, "inkdream"),
        ("inkdream", False, "inkdream"),
    ],
)
def test_lines_to_copy_call_what_the_shell_finds(monkeypatch, tmp_path, called, on_path, expected):
    if on_path:
        (tmp_path / "inkdream").write_text("#!/bin/sh\n")
        (tmp_path / "inkdream").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", [called, "draw"])
    assert command() == expected
