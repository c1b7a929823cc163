"""Tiles that are really drawn: the same by whomever, whatever is killed on the way."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import inkdream
from inkdream.atlas import local, tile
from inkdream.atlas.engines import Task
from inkdream.atlas.flags import AtlasFlags
from inkdream.atlas.folder import open_atlas
from inkdream.atlas.local import LocalEngine
from inkdream.atlas.sweep import Sweep, units_of
from inkdream.atlas.units import bases
from inkdream.cli import main
from inkdream.forking import CAN_FORK
from inkdream.optimize.session import Session
from inkdream.recipe import validate
from tests.atlas.made import LAYER, TINY, contents, listed, raised, units

COUNT = 6
ASK = [LAYER, "--channels", f"0-{COUNT - 1}", "--width", "32", "--steps", "4"]
ASK += ["--set", "views.count=1"]


def atlas(*words) -> int:
    with pytest.raises(SystemExit) as end:
        main(["atlas", *map(str, words)])
    return end.value.code


def started(*words) -> subprocess.Popen:
    command = [sys.executable, "-m", "inkdream", "atlas", *map(str, words), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_for(process, kind: str) -> None:
    assert any(json.loads(line)["event"] == kind for line in process.stdout), kind


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return an atlas that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "atlas"
    assert atlas(*ASK, "-o", folder, "--workers", 1) == 0
    return folder


def test_a_tile_is_small_and_whole(whole):
    folders = list((whole / "runs").iterdir())
    assert len(folders) == COUNT
    for folder in folders:
        sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
        assert sizes.keys() == {"drawing.png", "recipe.toml", "tile.json"}
        assert sum(sizes.values()) < 12 * 1024
        facts = json.loads((folder / "tile.json").read_text())
        assert facts["key"] == folder.name
        assert (facts["network"], facts["layer"]) == ("loom", "conv2_1")
        values = facts["response"]["values"]
        # What it was drawn for is what it was scored by.
        assert values[facts["channel"]] == pytest.approx(facts["score_strict"], rel=1e-3)
        assert sum(ink["share"] for ink in facts["inks"]) == pytest.approx(1, abs=1e-3)
    assert (whole / "atlas.json").is_file()


def test_its_recipe_draws_it_again_bit_for_bit(whole):
    folder = next((whole / "runs").iterdir())
    result = inkdream.draw(folder / "recipe.toml", outputs=["drawing"])
    assert result.files["drawing.png"] == (folder / "drawing.png").read_bytes()
    facts = json.loads((folder / "tile.json").read_text())
    assert result.certificate.score_strict == pytest.approx(facts["score_strict"], rel=1e-5)


def test_starting_over_starts_no_worker(whole, monkeypatch, capsys):
    def none(*args):
        raise AssertionError("a worker was started")

    monkeypatch.setattr(local.LocalEngine, "_start", none)
    assert atlas(*ASK, "-o", whole) == 0
    assert f"{COUNT} of {COUNT} tiles" in capsys.readouterr().out


def test_two_shards_draw_the_same_tiles(whole, no_processes, tmp_path, capsys):
    for index in range(2):
        assert atlas(*ASK, "-o", tmp_path / "a", "--shard", f"{index}/2", "--workers", 1) == 0
    assert f"inkdream atlas page {tmp_path / 'a'}" in capsys.readouterr().out
    assert contents(tmp_path / "a") == contents(whole)
    assert atlas("page", tmp_path / "a") == 0
    assert listed(tmp_path / "a") == listed(whole)


@pytest.mark.parametrize("can_fork", [CAN_FORK, False])
def test_killed_workers_are_replaced_and_their_tiles_drawn_all_the_same(
    whole, tmp_path, monkeypatch, can_fork
):
    monkeypatch.setattr(local, "CAN_FORK", can_fork)
    open_atlas(tmp_path)
    chance, killed = random.Random(0), []
    with closing(LocalEngine(2)) as engine:
        sweep = Sweep(tmp_path, units(COUNT), tries=9)
        for news in sweep.draw(engine):
            assert news.standing.in_work <= 2
            if news.kind == "drawn" and engine.pids and len(killed) < 2:
                # The second is the one from which the others are forked, which end with it.
                source = [engine.source] if killed and engine.source else engine.pids
                killed.append(chance.choice(source))
                os.kill(killed[-1], signal.SIGKILL)
        assert engine.most_in_work <= 2
    assert len(killed) == 2 and not sweep.failed
    assert contents(tmp_path) == contents(whole)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of other processes are Linux's")
def test_a_worker_that_gets_no_more_memory_says_so_and_draws_the_others():
    import resource

    small, other = units(2)
    (large,) = units(1, width=3000)
    with closing(LocalEngine(1)) as engine:

        def ask(unit):
            return engine.ask(Task(unit.key, unit.title, unit.recipe).message())

        ask(small)
        (pid,) = engine.pids
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + 100 * 2**20
        resource.prlimit(pid, resource.RLIMIT_AS, (most, most))
        answer = ask(large)
        assert answer == {"error": "its worker was given no more memory", "is_final": False}
        assert "files" in ask(other) and engine.pids == [pid]


def test_a_killed_atlas_goes_on_and_draws_no_tile_again(whole, no_processes, tmp_path):
    process = started(*ASK, "-o", tmp_path / "a", "--workers", 1)
    wait_for(process, "drawn")
    process.kill()
    process.wait()
    process.stdout.close()
    time.sleep(0.2)
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").glob("runs/*/tile.json")}
    assert 1 <= len(done) < COUNT
    assert atlas(*ASK, "-o", tmp_path / "a", "--workers", 1) == 0
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert contents(tmp_path / "a") == contents(whole)


def test_ctrl_c_finishes_what_is_in_hand_and_says_how_to_go_on(tmp_path):
    words = [sys.executable, "-m", "inkdream", "atlas", *ASK, "-o", "a b", "--workers", "1"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    while not list((tmp_path / "a b").glob("runs/*/tile.json")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    command = out.strip().splitlines()[-1].strip()
    assert command.startswith(f"inkdream atlas {LAYER} --channels 0-5")
    assert command.endswith("--out 'a b' --workers 1")
    done = list((tmp_path / "a b").glob("runs/*/tile.json"))
    assert 1 <= len(done) < COUNT
    assert json.loads((tmp_path / "a b" / "status.json").read_text())["done"] == len(done)


def test_one_bad_tile_is_noted_and_the_others_are_drawn(no_processes, tmp_path):
    Image.new("RGB", (32, 32), "red").save(tmp_path / "gone.png")
    for name, terms in (("good", '{target = "loom/conv2_1/1"}'), ("bad", LIKE)):
        (tmp_path / f"{name}.toml").write_text(
            f"steps = 3\nwidth = 32\nheight = 32\nterms = [{terms}]\n"
        )
    files = [str(tmp_path / f"{name}.toml") for name in ("bad", "good")]
    flags = AtlasFlags(out=tmp_path / "a", seeds="0-1")
    with closing(LocalEngine(1)) as engine:
        asked = units_of(bases(files, flags), files, flags, engine.ask)
        (tmp_path / "gone.png").unlink()
        sweep = Sweep(flags.out, asked)
        kinds = [news.kind for news in sweep.draw(engine)]
    assert (kinds.count("drawn"), kinds.count("failed"), kinds.count("again")) == (2, 2, 0)
    failed = json.loads((flags.out / "failed.json").read_text())
    assert [each["title"] for each in failed] == ["bad seed 0", "bad seed 1"]
    assert all("gone.png" in each["error"] for each in failed)


LIKE = '{kind = "like", picture = "gone.png"}'


@pytest.mark.parametrize(
    ("layer", "channels", "words"),
    [
        ("loom/conv9_1", None, "Did you mean 'conv5_1'"),
        ("lom/conv4_1", None, "unknown network 'lom'. Did you mean 'loom'?"),
        ("loom/conv4_1", "150-170", "it has 160, 0 to 159"),
        ("loom/class", "spirl", "Did you mean 'spiral'?"),
    ],
)
def test_what_only_a_network_knows_is_refused_before_anything_is_drawn(
    looking, tmp_path, layer, channels, words
):
    flags = AtlasFlags(**TINY, channels=channels, out=tmp_path / "a")
    asked = bases([layer], flags)
    assert words in raised(lambda: units_of(asked, [layer], flags, looking.ask))
    assert not (tmp_path / "a").exists()


def test_classes_have_their_names(looking, tmp_path):
    flags = AtlasFlags(steps=4, channels="spiral,3", out=tmp_path)
    drawn = units_of(bases(["loom/class"], flags), ["loom/class"], flags, looking.ask)
    assert drawn[0].title == "loom/class/spiral"
    assert not drawn[1].title.endswith("/3")


@pytest.fixture
def looking(no_processes):
    with closing(LocalEngine(1)) as engine:
        yield engine


def test_a_tile_that_lasts_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    (unit,) = units(1, steps=8)
    undisturbed = tile.draw_tile("t", unit.recipe, unit.key, tile.Kept())
    monkeypatch.setattr(tile, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    steps, taken = Session.steps, []

    def few(session, most=5):
        for number, step in enumerate(steps(session)):
            taken.append(step)
            yield step
            if number == most:
                raise KeyboardInterrupt

    monkeypatch.setattr(Session, "steps", few)
    with pytest.raises(KeyboardInterrupt):
        tile.draw_tile("t", unit.recipe, unit.key, tile.Kept(), tmp_path)
    assert (tmp_path / "checkpoint.safetensors").is_file()
    taken.clear()
    again = tile.draw_tile("t", unit.recipe, unit.key, tile.Kept(), tmp_path)
    assert len(taken) < 8
    assert again["drawing.png"] == undisturbed["drawing.png"]
    # Another recipe's, or a damaged one, is not gone on from.
    (tmp_path / "checkpoint.safetensors").write_bytes(b"nothing")
    monkeypatch.setattr(Session, "steps", steps)
    damaged = tile.draw_tile("t", unit.recipe, unit.key, tile.Kept(), tmp_path)
    assert damaged["drawing.png"] == undisturbed["drawing.png"]


def test_lines_are_tiles_too_and_a_plot_is_left_where_asked():
    recipe = 'medium = "strokes"\nsteps = 3\nterms = [{target = "loom/conv2_1/1"}]\n'
    recipe += '[strokes]\ncount = 40\n[page]\nsize = "40x50mm"\nmargin = 4\n'
    files = tile.draw_tile("lines", recipe, "0" * 16, tile.Kept(), plots=True)
    assert sum(map(len, files.values())) - len(files["drawing.svg"]) < 12 * 1024
    assert files["drawing.svg"].startswith(b"<?xml")
    with Image.open(BytesIO(files["drawing.png"])) as image:
        assert image.mode == "P"
    assert json.loads(files["tile.json"])["medium"] == "strokes"


def test_what_is_about_no_neuron_has_no_response():
    recipe = {"terms": [{"target": "loom/conv2_1"}], "steps": 2, "width": 32, "height": 32}
    kept = tile.Kept()
    whole = validate(recipe)
    assert tile.neuron_of(whole, kept.of(whole)) is None
    one = validate({**recipe, "terms": [{"target": "loom/class/spiral"}]})
    neuron = tile.neuron_of(one, kept.of(one))
    assert neuron and (neuron.layer, neuron.label) == ("logits", "spiral")
