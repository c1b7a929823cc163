"""`inkdream atlas` refuses in one line, at once, and says the command that asks for the same."""

import json
import shlex

import pytest

from inkdream.atlas.flags import AtlasFlags
from inkdream.atlas.folder import open_atlas
from inkdream.atlas.sweep import Sweep
from inkdream.cli import atlas
from tests.atlas.made import LAYER, FakeEngine, units
from tests.running import refused


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([LAYER, "--workers", "0"], "--workers 0: write 1 to"),
        ([LAYER, "--retries", "0"], "--retries 0: write 1 to"),
        ([LAYER, "--address", "auto"], "--address: is for --engine ray"),
        ([LAYER, "--shard", "2/2"], "no shard 2 of 2"),
        ([LAYER, "--seeds", "x"], "--seeds x: write numbers"),
        (["page"], "give one atlas's folder"),
        (["page", "nothing"], "nothing: is no atlas"),
        ([], "name a layer"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(words, why, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert why in refused(capsys, "atlas", *words)
    assert list(tmp_path.iterdir()) == []


def test_the_command_that_goes_on_asks_for_the_same():
    flags = AtlasFlags(channels="0-3", set=["inks=3", "seed=1"], plots=True, retries=5)
    words = shlex.split(atlas.command_of([LAYER], flags))
    assert words[1:] == [
        *("atlas", LAYER, "--channels", "0-3", "--set", "inks=3", "--set", "seed=1"),
        *("--plots", "--retries", "5"),
    ]


def test_lines_for_programs_say_all_that_happens(tmp_path, capsys):
    open_atlas(tmp_path)
    sweep = Sweep(tmp_path, units(3))
    atlas.show_lines(sweep.standing, sweep.draw(FakeEngine(final=f"{LAYER}/1")))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["begun", "drawn", "failed", "drawn"]
    assert lines[-1]["done"] == 2 and lines[-1]["failed"] == 1 and lines[-1]["all"] == 3
    assert lines[2]["title"] == f"{LAYER}/1" and lines[2]["error"]
