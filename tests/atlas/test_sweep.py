"""Tiles that are done stay, those that fail are tried again, then noted; nothing stops the rest."""

import errno
import json
from pathlib import Path

import pytest

from inkdream.atlas.failures import note_failed
from inkdream.atlas.folder import is_done, open_atlas
from inkdream.atlas.reading import read_failed
from inkdream.atlas.shards import Shard, shard_of
from inkdream.atlas.sweep import Sweep
from inkdream.errors import RunError
from tests.atlas.made import LAYER, FakeEngine, raised, units


def swept(atlas, engine, count=5, stop=(), **more):
    sweep = Sweep(atlas, units(count), **more)
    return sweep, list(sweep.draw(engine, stop))


def test_done_tiles_are_drawn_no_more(tmp_path):
    open_atlas(tmp_path)
    _, news = swept(tmp_path, FakeEngine(), 3)
    assert [each.kind for each in news].count("drawn") == 3
    engine = FakeEngine()
    sweep, news = swept(tmp_path, engine, 5)
    assert engine.drawn == [f"{LAYER}/3", f"{LAYER}/4"]
    assert news[0].standing.done == 3
    assert sweep.standing.done == sweep.standing.all == 5
    status = json.loads((tmp_path / "status.json").read_text())
    assert status["done"] == 5 and status["in_work"] == 0 and status["seconds_left"] == 0


def test_a_tile_is_not_done_before_its_last_file(tmp_path):
    open_atlas(tmp_path)
    (unit,) = units(1)
    folder = tmp_path / "runs" / unit.key
    folder.mkdir()
    (folder / "drawing.png").write_bytes(b"")
    assert not is_done(tmp_path, unit.key)
    swept(tmp_path, FakeEngine(), 1)
    assert is_done(tmp_path, unit.key) and not is_done(tmp_path, unit.key, plots=True)


def test_what_fails_is_tried_three_times_then_noted_and_the_rest_is_drawn(tmp_path):
    open_atlas(tmp_path)
    failing = {f"{LAYER}/1": 2, f"{LAYER}/2": 9}
    engine = FakeEngine(failing=failing)
    sweep, news = swept(tmp_path, engine)
    kinds = [each.kind for each in news]
    assert (kinds.count("again"), kinds.count("failed"), kinds.count("drawn")) == (4, 1, 4)
    assert engine.failing[f"{LAYER}/2"] == 6
    (noted,) = json.loads((tmp_path / "failed.json").read_text())
    assert noted["title"] == f"{LAYER}/2" and noted["error"] == "its worker was killed"
    assert sweep.left == 0
    # Drawn after all, it stands there no more.
    swept(tmp_path, FakeEngine())
    assert not (tmp_path / "failed.json").exists()


def test_bad_input_is_not_tried_again(tmp_path):
    open_atlas(tmp_path)
    _, news = swept(tmp_path, FakeEngine(final=f"{LAYER}/0"))
    kinds = [each.kind for each in news]
    assert (kinds.count("again"), kinds.count("failed"), kinds.count("drawn")) == (0, 1, 4)


def test_stopped_it_finishes_what_is_in_hand_and_no_more(tmp_path):
    open_atlas(tmp_path)
    stop, engine = [], FakeEngine(room=2)
    sweep = Sweep(tmp_path, units(9))
    for news in sweep.draw(engine, stop):
        if news.kind == "drawn":
            stop.append(1)
    assert len(engine.drawn) == 3  # the first, and two in hand
    assert sweep.left == 6


def test_a_full_disk_ends_it_in_one_line(tmp_path, monkeypatch):
    open_atlas(tmp_path)

    def full(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunError, match=r"cannot be written \(No space left on device\)$"):
        swept(tmp_path, FakeEngine())


def test_a_tile_asked_for_twice_is_drawn_once(tmp_path):
    open_atlas(tmp_path)
    engine = FakeEngine()
    list(Sweep(tmp_path, [*units(2), *units(2)]).draw(engine))
    assert len(engine.drawn) == 2


def test_failures_of_several_processes_stand_in_one_list(tmp_path):
    open_atlas(tmp_path)
    note_failed(tmp_path, {"b" * 16: ("two", "why")})
    note_failed(tmp_path, {"a" * 16: ("one", "why")})
    path = tmp_path / "failed.json"
    assert [each.key for each in read_failed(path)] == ["a" * 16, "b" * 16]
    # What somebody has damaged stands in the way of nothing.
    path.write_text("no list")
    note_failed(tmp_path, {"c" * 16: ("three", "why")})
    assert [each.key for each in read_failed(path)] == ["c" * 16]


def test_a_folder_of_other_things_is_not_written_into(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    assert "is no atlas" in raised(lambda: open_atlas(tmp_path))
    assert "is a file" in raised(lambda: open_atlas(tmp_path / "thesis.txt"))
    assert "is a file" in raised(lambda: open_atlas(tmp_path / "thesis.txt" / "a"))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_checkpoint_goes_when_its_tile_is_there(tmp_path):
    open_atlas(tmp_path)
    engine = FakeEngine()
    (unit,) = units(1)
    folder = tmp_path / "runs" / unit.key
    folder.mkdir()
    (folder / "checkpoint.safetensors").write_bytes(b"")
    list(Sweep(tmp_path, [unit]).draw(engine))
    assert {path.name for path in folder.iterdir()} == {"drawing.png", "recipe.toml", "tile.json"}


def test_shards_have_nothing_in_common_and_all_together():
    whole = list(range(11))
    parts = [Shard(index, 4).part(whole) for index in range(4)]
    assert sorted(each for part in parts for each in part) == whole
    assert {len(part) for part in parts} == {2, 3}


@pytest.mark.parametrize(
    ("words", "environment", "shard"),
    [
        (None, {}, Shard(0, 1)),
        ("3/8", {}, Shard(3, 8)),
        (
            "auto",
            {
                "SLURM_ARRAY_TASK_ID": "4",
                "SLURM_ARRAY_TASK_MIN": "1",
                "SLURM_ARRAY_TASK_COUNT": "4",
            },
            Shard(3, 4),
        ),
        (
            "auto",
            {"AWS_BATCH_JOB_ARRAY_INDEX": "2", "AWS_BATCH_JOB_ARRAY_SIZE": "10"},
            Shard(2, 10),
        ),
        ("auto/6", {"JOB_COMPLETION_INDEX": "5"}, Shard(5, 6)),
    ],
)
def test_shards_are_counted_from_0_whatever_a_scheduler_does(words, environment, shard):
    assert shard_of(words, environment) == shard


@pytest.mark.parametrize(
    ("words", "environment", "why"),
    [
        ("4/4", {}, "there is no shard 4 of 4; they are counted from 0 to 3"),
        ("1", {}, "write I/N"),
        ("auto", {}, "no array of jobs is known here"),
        ("auto", {"JOB_COMPLETION_INDEX": "0"}, "auto/N"),
        ("auto/3", {"AWS_BATCH_JOB_ARRAY_INDEX": "0", "AWS_BATCH_JOB_ARRAY_SIZE": "4"}, "4 jobs"),
        ("auto", {"SLURM_ARRAY_TASK_ID": "x"}, "is no number"),
        ("auto", {"SLURM_ARRAY_TASK_ID": "9", "SLURM_ARRAY_TASK_COUNT": "2"}, "no shard 9 of 2"),
    ],
)
def test_shards_that_are_none_are_refused(words, environment, why):
    assert why in raised(lambda: shard_of(words, environment))
