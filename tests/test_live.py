"""What a run leaves for who watches it: only while it is watched, cheaply, and without a trace."""

import json
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdream.recipe import validate
from inkdream.run import Run, draw
from inkdream.run.events import Started, Step
from inkdream.run.live import LivePackets, packet
from inkdream.storage import LIVE, PROCESS, WATCHED
from inkdream.svg.read import read_svg

LINES = {"strokes": {"count": 12}, "medium": "strokes", "pens": "black,red", "page": {"scale": 0.5}}
AREAS = {"width": 48, "height": 32, "inks": 3}
FEW = {"steps": 12, "outputs": ["drawing"], "quality": "quick"}


def opened(data: bytes) -> tuple[dict, bytes]:
    """Return the header and the body of a packet."""
    length = int.from_bytes(data[:4], "little")
    assert length % 4 == 0
    return json.loads(data[4 : 4 + length]), data[4 + length :]


def drawn(table: dict, folder: Path, *, live: bool, watched: bool = False) -> tuple[Run, list]:
    """Draw a recipe; return the run, and the packets that were seen after each step."""
    run = Run.create(validate({**FEW, **table}), folder)
    seen = []
    for event in draw(run, live=live):
        if not isinstance(event, Started | Step):
            continue
        assert (run.folder / PROCESS).is_file() == live
        if watched:
            (run.folder / WATCHED).touch()
        path = run.folder / LIVE
        if path.is_file():
            seen.append(path.read_bytes())
    return run, list(dict.fromkeys(seen))


@pytest.mark.parametrize("table", [LINES, AREAS], ids=["lines", "areas"])
def test_packets_show_the_drawing_and_leave_no_trace(
    table: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkdream.run.live.LEAST_SECONDS", 0.0)
    monkeypatch.setattr("inkdream.run.live.TIMES_ITS_COST", 0)
    monkeypatch.setattr("inkdream.run.live.SECONDS_BETWEEN_LOOKS", 0.0)
    alone, none = drawn(table, tmp_path / "alone", live=True)
    run, packets = drawn(table, tmp_path / "watched", live=True, watched=True)
    assert none == []
    assert len(packets) > 5
    assert [opened(each)[0]["number"] for each in packets] == sorted(
        opened(each)[0]["number"] for each in packets
    )
    assert not {LIVE, PROCESS, WATCHED} & {path.name for path in run.folder.iterdir()}
    # Watching changes nothing.
    for name in ("drawing.png", "recipe.toml"):
        assert (alone.folder / name).read_bytes() == (run.folder / name).read_bytes()
    # The last packet is the drawing as it ends.
    header, body = opened(packets[-1])
    assert header["done"] == header["steps"] == run.session.total_steps
    assert header["seconds_left"] == 0
    if header["kind"] == "pixels":
        picture = run.session.result.snapshot()
        labels = np.frombuffer(zlib.decompress(body), np.uint8)
        assert (labels.reshape(header["height"], header["width"]) == picture.labels).all()
        assert len(header["inks"]) == len(picture.inks)
        return
    strokes, points = header["strokes"], header["points"]
    pens = np.frombuffer(body, np.uint8, strokes)
    shapes = np.frombuffer(body, np.float32, offset=strokes + -strokes % 4)
    drawing = run.session.result
    assert (shapes.reshape(strokes, points, 2) == drawing.curves.bezier.detach().numpy()).all()
    assert sum(pens != 255) == drawing.is_drawn().sum()
    assert dict(zip(header["names"], header["inks"], strict=True)) == {
        "black": "#000000",
        "red": "#ff0000",
    }
    assert (header["width"], header["height"]) == (148, 210)


def test_a_packet_waits_fifty_times_what_the_last_one_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(validate({**FEW, **AREAS}), tmp_path)
    step = next(run.steps())
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def slow(drawing: object, header: object) -> bytes:
        now[0] += 0.5
        return b"packet"

    monkeypatch.setattr("inkdream.run.live.packet", slow)
    packets, path = LivePackets(run.folder), run.folder / LIVE
    (run.folder / WATCHED).touch()
    packets.offer(run.session, step)
    assert path.read_bytes() == b"packet"
    path.unlink()
    now[0] = 100.5 + 24.9
    packets.offer(run.session, step)
    assert not path.exists()
    now[0] = 100.5 + 25.1
    packets.offer(run.session, step)
    assert path.exists()


def test_what_is_kept_is_shown_below_what_is_new(tmp_path: Path) -> None:
    parent, _ = drawn({**LINES, "outputs": ["drawing", "plot"]}, tmp_path, live=False)
    mask = tmp_path / "mask.png"
    light = Image.new("L", (148, 210))
    light.paste(255, (0, 0, 148, 60))
    light.save(mask)
    keep = {"from": str(parent.folder), "where": str(mask)}
    run = Run.create(validate({**FEW, **LINES, "keep": keep}), tmp_path)
    header, body = opened(packet(run.session.loop.drawing, {}))
    kept, strokes = header["kept"], header["strokes"]
    at = strokes + -strokes % 4 + 8 * strokes * header["points"]
    inks = np.frombuffer(body, np.uint8, kept["lines"], at)
    lines = np.frombuffer(body, np.float32, offset=at + kept["lines"] + -kept["lines"] % 4)
    lines = lines.reshape(kept["lines"], kept["points"], 2)
    earlier = read_svg(parent.folder / "drawing.svg").as_plot()
    pens = {layer.pen.colour: layer for layer in earlier.layers}
    assert kept["lines"] > 0
    for ink, line in zip(inks, lines, strict=True):
        layer = pens[kept["inks"][ink]]
        ends = np.array([stroke.points[[0, -1]] for stroke in layer.strokes]).reshape(-1, 2)
        assert np.abs(ends - line[0]).sum(1).min() < 0.01
