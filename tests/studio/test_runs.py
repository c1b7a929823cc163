"""Runs in the studio: begun, watched, stopped, killed, adopted, and the same as without it."""

import asyncio
import contextlib
import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image
from websockets.sync.client import connect

from inkdream.cli import main
from inkdream.errors import RunError
from inkdream.storage import PROCESS
from inkdream.studio.app import Settings, Studio
from inkdream.svg.read import read_svg
from tests.studio.serving import WORDS, Client, opened

# Steps that take a while, so that a run can be stopped in the midst of few.
FEW = {
    "width": 64,
    "height": 64,
    "inks": 3,
    "steps": 240,
    "outputs": ["drawing"],
    "views": {"count": 8},
}
LINES = {
    "medium": "strokes",
    "pens": "black,red",
    "strokes": {"count": 12},
    "steps": 6,
    "page": {"size": "a6", "scale": 0.6},
    "outputs": ["drawing", "plot"],
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("studio") / "runs"


@pytest.fixture(scope="module")
def client(shelf: Path):
    with opened(shelf) as (_, client):
        yield client


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> bytes:
    """The drawing of `FEW` as the command line makes it, never stopped."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "recipe.toml").write_text(
        'width = 64\nheight = 64\ninks = 3\nsteps = 240\noutputs = ["drawing"]\n'
        "[views]\ncount = 8\n"
    )
    with pytest.raises(SystemExit) as ended:
        main(["draw", str(folder / "recipe.toml"), "--out", str(folder)])
    assert ended.value.code == 0
    return next(folder.glob("*/drawing.png")).read_bytes()


def news(client: Client):
    return connect(
        f"ws://{client.host}/api/news",
        additional_headers={"Cookie": client.cookie},
        origin=client.origin,
        max_size=None,
    )


def begun(client: Client, **table: object) -> str:
    status, answer = client.post("/api/runs", table=table)
    assert status == 201, answer
    return answer["id"]


def until_it_climbs(client: Client, run: str) -> int:
    """Watch a run until it has taken some steps; return its process."""
    with news(client) as tab:
        tab.send(json.dumps({"watch": [run]}))
        while True:
            message = tab.recv(120)
            table = json.loads(message) if isinstance(message, str) else {}
            if table.get("type") != "run" or table["run"]["id"] != run:
                continue
            assert table["run"]["state"] not in ("finished", "failed"), table
            if table["step"] and table["step"]["done"] >= 5:
                break
    folder = client.get(f"/api/runs/{run}")["folder"]
    return json.loads((client.shelf / folder / PROCESS).read_text())["pid"]


def drawing(client: Client, run: str) -> bytes:
    status, _, body = client.ask("GET", f"/api/runs/{run}/file/drawing.png")
    assert status == 200
    return body


def test_a_run_is_watched_stopped_and_resumed_as_if_it_had_not_been(
    client: Client, shelf: Path, alone: bytes
) -> None:
    client.shelf = shelf
    run = begun(client, **FEW)
    waiting = begun(client, **{**FEW, "seed": 1})
    assert client.get(f"/api/runs/{waiting}")["state"] == "queued"
    frames = set()
    with news(client) as tab:
        tab.send(json.dumps({"watch": [run]}))
        while len(frames) < 3:
            message = tab.recv(120)
            if isinstance(message, str) and (table := json.loads(message))["type"] == "run":
                is_over = table["run"]["id"] == run and table["run"]["state"] == "finished"
                assert not is_over, "it was finished before it was seen"
            if isinstance(message, bytes):
                name, packet = message[1 : 1 + message[0]], message[1 + message[0] :]
                assert name.decode() == run
                header = json.loads(packet[4 : 4 + int.from_bytes(packet[:4], "little")])
                assert header["kind"] == "pixels"
                frames.add(packet[4 + int.from_bytes(packet[:4], "little") :])
    assert client.post(f"/api/runs/{waiting}/stop")[0] == 200
    assert client.get("/api/runs")["queue"] == []
    assert client.post(f"/api/runs/{run}/stop")[0] == 200
    stopped = client.wait_for(run, "stopped", "finished")
    assert stopped["state"] == "stopped"
    assert 0 < stopped["step"] < 240
    assert client.post(f"/api/runs/{run}/stop")[0] == 409
    assert client.post(f"/api/runs/{run}/resume")[0] == 200
    finished = client.wait_for(run, "finished")
    assert (finished["step"], finished["steps"]) == (240, 240)
    assert finished["scores"][-1]["step"] == 239
    assert finished["certificate"]["inks"]
    assert drawing(client, run) == alone
    # Recipes come back as they were asked for.
    assert {**finished["table"], "terms": None} == {**FEW, "terms": None}
    assert client.post(f"/api/runs/{waiting}/delete")[0] == 200
    assert client.ask("GET", f"/api/runs/{waiting}")[0] == 404
    assert client.post(f"/api/runs/{waiting}/restore")[0] == 200
    assert client.get(f"/api/runs/{waiting}")["state"] == "stopped"


def test_what_is_killed_goes_on_as_if_it_had_not_been(tmp_path: Path, alone: bytes) -> None:
    shelf = tmp_path / "runs"
    with opened(shelf) as (server, client):
        client.shelf = shelf
        run = begun(client, **FEW)
        until_it_climbs(client, run)
        client.post(f"/api/runs/{run}/star", starred=True)
        client.post(f"/api/runs/{run}/rename", name="a good one")
        server.send_signal(signal.SIGKILL)
        server.wait()
    # The run outlives its server; the next one adopts it.
    with opened(shelf) as (server, client):
        client.shelf = shelf
        about = client.get(f"/api/runs/{run}")
        assert (about["starred"], about["name"]) == (True, "a good one")
        if about["is_ours"]:
            process = json.loads((shelf / about["folder"] / PROCESS).read_text())["pid"]
            os.kill(process, signal.SIGKILL)
        about = client.wait_for(run, "stopped", "finished")
        if about["state"] == "stopped":
            client.post(f"/api/runs/{run}/resume")
            # On a fast machine it may be over before it is killed.
            with contextlib.suppress(ProcessLookupError):
                os.kill(until_it_climbs(client, run), signal.SIGKILL)
            about = client.wait_for(run, "failed", "finished")
        if about["state"] == "failed":
            assert "killed" in about["why"]
            client.post(f"/api/runs/{run}/resume")
        client.wait_for(run, "finished")
        assert drawing(client, run) == alone


def test_why_a_run_failed_is_told_after_a_restart_too(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "lost"
    folder.mkdir(parents=True)
    table = 'medium = "pixels"\nwidth = 64\nheight = 64\ninks = 3\nsteps = 4\n'
    (folder / "recipe.toml").write_text(f'{table}origin = "gone.png"\noutputs = ["drawing"]\n')
    with opened(folder.parent) as (_, client):
        (run,) = client.get("/api/runs")["runs"]
        assert (run["state"], run["why"]) == ("stopped", "")
        client.post(f"/api/runs/{run['id']}/resume")
        failed = client.wait_for(run["id"], "failed")
        assert failed["why"].startswith(f"{folder / 'gone.png'}: is no picture")
    assert folder.joinpath("failure.txt").read_text() == f"{failed['why']}\n"
    with opened(folder.parent) as (_, client):
        about = client.get(f"/api/runs/{run['id']}")
        assert (about["state"], about["why"]) == ("failed", failed["why"])
        Image.new("RGB", (64, 64), "red").save(folder / "gone.png")
        client.post(f"/api/runs/{run['id']}/resume")
        assert client.wait_for(run["id"], "failed", "finished")["state"] == "finished"
    assert not folder.joinpath("failure.txt").exists()


def test_ctrl_c_closes_the_studio_and_stops_what_it_draws(tmp_path: Path) -> None:
    shelf = tmp_path / "runs"
    with opened(shelf) as (server, client):
        client.shelf = shelf
        run = begun(client, **{**FEW, "steps": 4000})
        process = until_it_climbs(client, run)
        begun_at = time.monotonic()
        server.send_signal(signal.SIGINT)
        assert server.wait(120) == 0
        ending = server.stdout.read()
        assert "stopping 1 run" in ending
        assert "still drawn" not in ending
        assert time.monotonic() - begun_at < 100
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    folder = next(each for each in shelf.iterdir() if (each / "recipe.toml").is_file())
    assert json.loads((folder / "state.json").read_text())["state"] == "stopped"


def test_a_bad_moment_does_not_end_the_watch(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("inkdream.studio.app.SECONDS_ALONE", 0.01)
    studio, looks = Studio(Settings(tmp_path / "runs")), []

    def tick() -> list[str]:
        looks.append(len(looks))
        if len(looks) < 3:
            raise (RunError("the disk is full"), OSError("gone"))[len(looks) - 1]
        return []

    monkeypatch.setattr(studio.runner, "tick", tick)

    async def watch() -> None:
        application = studio.application()
        async with application.router.lifespan_context(application), asyncio.timeout(60):
            while len(looks) < 4:
                await asyncio.sleep(0.01)

    asyncio.run(watch())


def test_a_folder_has_one_studio_and_a_port_one_server(client: Client, shelf: Path) -> None:
    words = [*WORDS, str(shelf), "--no-browser"]
    second = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 2
    assert "another studio has it open" in second.stderr
    words = [*WORDS, str(shelf.parent / "else"), "--no-browser", "--port", str(client.port)]
    taken = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert taken.returncode == 2
    assert f"--port {client.port}" in taken.stderr


def test_plots_are_those_of_the_command_line(client: Client, shelf: Path, tmp_path: Path) -> None:
    run = begun(client, **LINES)
    about = client.wait_for(run, "finished", "failed")
    folder = shelf / about["folder"]
    _, own = client.post(f"/api/runs/{run}/plot")
    assert own["own"]
    assert own["seconds"] == pytest.approx(about["plot_seconds"], abs=0.01)
    for number, (options, flags) in enumerate(
        [
            ({"pens": "blue:0.5"}, ["--pens", "blue:0.5"]),
            (
                {"machine": "hp7475a", "page": "a4", "per_pen": True, "frame": True},
                ["--machine", "hp7475a", "--page", "a4", "--per-pen", "--frame"],
            ),
        ]
    ):
        status, made = client.post(f"/api/runs/{run}/plot", **options)
        assert status == 200, made
        out = tmp_path / str(number)
        out.mkdir()
        with pytest.raises(SystemExit) as ended:
            main(["plot", str(folder), *flags, "--out", str(out)])
        assert ended.value.code in (0, None)
        assert sorted(made["files"]) == sorted(path.name for path in out.iterdir())
        for name, address in made["urls"].items():
            assert client.ask("GET", address)[2] == (out / name).read_bytes()
    assert client.post(f"/api/runs/{run}/plot", pens="no such pen")[0] == 400
    assert client.post(f"/api/runs/{run}/plot", out="/tmp")[0] == 400


def test_the_order_of_a_plot_says_when_each_stroke_is_drawn(client: Client) -> None:
    import numpy as np

    run = next(each["id"] for each in client.get("/api/runs")["runs"] if each["has"]["svg"])
    _, own = client.post(f"/api/runs/{run}/plot")
    _, _, data = client.ask("GET", own["order"])
    length = int.from_bytes(data[:4], "little")
    header = json.loads(data[4 : 4 + length])
    strokes, points = header["strokes"], header["points"]
    first, layers = np.split(np.frombuffer(data, "<u4", 2 * strokes + 1, 4 + length), [strokes + 1])
    at = 4 + length + 4 * (2 * strokes + 1)
    begin, end = np.frombuffer(data, "<f4", 2 * strokes, at).reshape(2, -1)
    xy = np.frombuffer(data, "<f4", 2 * points, at + 8 * strokes).reshape(-1, 2)
    assert at + 8 * strokes + 8 * points == len(data)
    assert (first[0], first[-1]) == (0, points)
    assert (np.diff(layers.astype(int)) >= 0).all()
    assert (begin < end).all()
    assert (begin[1:] >= end[:-1] - 1e-3).all()
    assert end[-1] <= own["seconds"] + 1e-3
    assert (xy >= 0).all()
    assert (xy <= [header["width"], header["height"]]).all()


def test_a_part_is_painted_over_and_the_rest_stays(client: Client, shelf: Path) -> None:
    parent = next(each for each in client.get("/api/runs")["runs"] if each["medium"] == "strokes")
    mask, painted = io.BytesIO(), Image.new("L", (300, 426))
    # A corner of 25 mm.
    painted.paste(255, (0, 0, 71, 71))
    painted.save(mask, "PNG")
    kind = {"Content-Type": "application/octet-stream"}
    status, _, body = client.ask("POST", "/api/uploads", mask.getvalue(), **kind)
    assert status == 201
    keep = {"from": f"run:{parent['id']}", "where": f"upload:{json.loads(body)['id']}"}
    run = begun(client, **{**LINES, "seed": 5, "keep": keep})
    about = client.wait_for(run, "finished", "failed")
    assert about["state"] == "finished", about["log"]
    # What does not come near the corner stays, to the last digit that the file has.
    before = read_svg(shelf / parent["folder"] / "drawing.svg").as_plot()
    after = read_svg(shelf / about["folder"] / "drawing.svg").as_plot()
    lines = {stroke.points.tobytes() for layer in after.layers for stroke in layer.strokes}
    strokes = [stroke.points for layer in before.layers for stroke in layer.strokes]
    kept = [points.tobytes() for points in strokes if (points > 30).any(1).all()]
    assert kept
    assert lines.issuperset(kept)
    assert about["table"]["keep"]["from"].startswith(f"run:{run}/inputs/")
    # Its settings draw it again, from its own copies.
    _, checked = client.post("/api/recipe/check", table=about["table"])
    assert checked["ok"], checked
