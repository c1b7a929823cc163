"""What an atlas costs: workers beside one process, what is killed, starting over, the one who asks.

    python benchmarks/atlas.py [--tiles 96]

All figures are of processor time (`getrusage`, children included), which another load on the
machine changes little; wall time is printed beside it. The page is measured in Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from playwright.sync_api import sync_playwright

from inkdream.atlas.engines import Result, Task
from inkdream.atlas.flags import AtlasFlags
from inkdream.atlas.folder import open_atlas, write_asked
from inkdream.atlas.local import LocalEngine
from inkdream.atlas.page import write_page
from inkdream.atlas.sweep import Sweep
from inkdream.atlas.units import Unit, bases

LAYER, WIDTH, STEPS = "loom/conv3_3", 96, 60
SECONDS_BETWEEN_KILLS = 3.0
NO_SANDBOX = ["--no-sandbox"]
# Chooses an order, and waits until it is painted.
REORDER = """async (number) => {
  const orders = document.querySelector("[aria-label=Order]");
  const begun = performance.now();
  orders.selectedIndex = number;
  orders.dispatchEvent(new Event("change", { bubbles: true }));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - begun;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiles", type=int, default=96)
    parser.add_argument("--killed", type=int, default=40)
    parser.add_argument("--part", help="used by itself: one measurement in a process of its own")
    asked = parser.parse_args()
    if asked.part:
        name, _, count = asked.part.partition(":")
        print(json.dumps(PARTS[name](int(count))))
        return
    one = measured("serial", asked.tiles)
    two = measured("workers", asked.tiles)
    row(f"{asked.tiles} tiles, one process", one)
    row(f"{asked.tiles} tiles, 2 workers", two)
    print(f"CPU of 2 workers / one process: {two['cpu'] / one['cpu']:.2f}")
    killed, calm = measured("killed", asked.killed), measured("workers", asked.killed)
    row(f"{asked.killed} tiles, 2 workers", calm)
    row(f"{asked.killed} tiles, a worker killed every 3 s ({killed['kills']:.0f} times)", killed)
    print(f"CPU with kills / without: {killed['cpu'] / calm['cpu']:.2f}")
    row("starting over with 512 finished tiles", measured("over", 512))
    row("the one who asks for 4,096 tiles, page and all", measured("asker", 4096))
    for count in (512, 4096):
        facts = measured("page", count)
        print(f"the page of {count} tiles: " + ", ".join(f"{k} {v:.4g}" for k, v in facts.items()))


def measured(part: str, count: int) -> dict[str, float]:
    """Return what a part gives, in a process of its own."""
    words = [sys.executable, __file__, "--part", f"{part}:{count}"]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    facts: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return facts


def row(what: str, facts: dict[str, float]) -> None:
    words = f"{facts['cpu']:.1f} s CPU, {facts['wall']:.1f} s wall, {facts['rss']:.0f} MB"
    if "first" in facts:
        words += f"; {facts['first']:.1f} s to the first tile, {facts['last']:.1f} s after the last"
        words += f" but one, {facts['end']:.1f} s after the last"
    print(f"{what}: {words}", flush=True)


def spent(run: Callable[[Path], dict[str, float]], children: bool) -> dict[str, float]:
    """Return processor time, wall time and largest memory of a function of a folder."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "atlas"
        open_atlas(folder)
        more = run(folder)
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    own, theirs = (resource.getrusage(who) for who in whose)
    cpu = sum(each.ru_utime + each.ru_stime for each in (own, theirs))
    rss = (theirs if children else own).ru_maxrss / 1024
    return {"cpu": cpu, "wall": time.monotonic() - begun, "rss": rss, **more}


def units(count: int) -> list[Unit]:
    """Return so many tiles: up to 96 of as many channels, else 64 channels with several seeds."""
    channels, seeds = (count, 1) if count <= 96 else (64, count // 64)
    flags = AtlasFlags(width=WIDTH, steps=STEPS, seeds=f"0-{seeds - 1}")
    (base,) = bases([LAYER], flags)
    return list(base.units([str(channel) for channel in range(channels)]))


def serial(count: int) -> dict[str, float]:
    """All tiles in this process, one after the other."""
    os.environ["OMP_NUM_THREADS"] = "1"
    from inkdream.atlas import worker  # noqa: PLC0415

    def run(folder: Path) -> dict[str, float]:
        for unit in units(count):
            assert "files" in worker.answer(Task(unit.key, unit.title, unit.recipe).message())
        return {}

    return spent(run, children=False)


def workers(count: int) -> dict[str, float]:
    """All tiles by two workers."""
    return spent(lambda folder: drawn(folder, count, kill=False), children=True)


def killed(count: int) -> dict[str, float]:
    """All tiles by two workers, of which one is killed every 3 s."""
    return spent(lambda folder: drawn(folder, count, kill=True), children=True)


def drawn(folder: Path, count: int, *, kill: bool) -> dict[str, float]:
    begun = time.monotonic()
    chance, kills, due, ends = random.Random(0), 0, begun + SECONDS_BETWEEN_KILLS, [begun]
    with closing(LocalEngine(2)) as engine:
        sweep = Sweep(folder, units(count), tries=100)
        for news in sweep.draw(engine):
            if news.kind == "drawn":
                ends.append(time.monotonic())
            if kill and time.monotonic() > due and engine.pids:
                os.kill(chance.choice(engine.pids), signal.SIGKILL)
                kills, due = kills + 1, time.monotonic() + SECONDS_BETWEEN_KILLS
    assert not sweep.failed and not sweep.left
    # Until the first tile, and once there is but one left, the workers wait.
    waits = {"first": ends[1] - ends[0], "last": ends[-1] - ends[-2]}
    return {"kills": kills, **waits, "end": time.monotonic() - ends[-1]}


class Ready:
    """An engine whose tiles are ready: copies of one that was drawn."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def draw(self, waiting: deque[Task]) -> Iterator[Result | None]:
        facts = json.loads(self.files["tile.json"])
        chance = random.Random(0)
        while waiting:
            task = waiting.popleft()
            values = [round(chance.random(), 4) for _ in facts["response"]["values"]]
            own = {**facts, "key": task.key, "title": task.title}
            own["response"] = {**facts["response"], "values": values}
            tile = json.dumps(own).encode()
            recipe = task.recipe.encode()
            yield Result(task, {**self.files, "recipe.toml": recipe, "tile.json": tile})

    def close(self) -> None:
        pass


def one_tile() -> dict[str, bytes]:
    """Return the files of a tile, drawn in a worker: the one who asks loads no torch."""
    with closing(LocalEngine(1)) as engine, tempfile.TemporaryDirectory() as home:
        open_atlas(Path(home))
        sweep = Sweep(Path(home), units(1))
        assert all(news.kind != "failed" for news in sweep.draw(engine))
        return {path.name: path.read_bytes() for path in Path(home).glob("runs/*/*")}


def over(count: int) -> dict[str, float]:
    """The command `inkdream atlas` where all is finished."""
    command = [sys.executable, "-m", "inkdream", "atlas", LAYER, "--width", str(WIDTH)]
    command += ["--steps", str(STEPS), "--channels", "0-63", "--seeds", f"0-{count // 64 - 1}"]
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "a"
        open_atlas(folder)
        ready = Ready(one_tile())
        write_asked(folder, {})
        list(Sweep(folder, units(count)).draw(ready))
        # The first call looks up what the layer has; nothing is left to be drawn.
        subprocess.run([*command, "--out", str(folder)], check=True, stdout=subprocess.DEVNULL)
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run([*command, "--out", str(folder)], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": time.monotonic() - begun, "rss": after.ru_maxrss / 1024}


def asker(count: int) -> dict[str, float]:
    """Hand out tiles, write them and make the page."""
    files = one_tile()

    def run(folder: Path) -> dict[str, float]:
        list(Sweep(folder, units(count)).draw(Ready(files)))
        assert "torch" not in sys.modules
        write_page(folder)
        size = sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
        return {"page": size / 2**20}

    return spent(run, children=False)


def page(count: int) -> dict[str, float]:
    """The page of so many tiles in Chromium: its size, and when a new order is seen."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as player:
        folder = Path(home)
        list(Sweep(folder, units(count)).draw(Ready(one_tile())))
        write_page(folder)
        size = sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=NO_SANDBOX)
        window = browser.new_page()
        asked: list[str] = []
        errors: list[str] = []
        window.on("request", lambda request: asked.append(request.url))
        window.on("console", lambda line: errors.append(line.text))
        window.goto((folder / "index.html").as_uri())
        window.wait_for_selector("[role=option]")
        orders = [float(window.evaluate(REORDER, order)) for order in (1, 2, 3, 0) * 5]
        browser.close()
    elsewhere = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    return {
        "MiB": size / 2**20,
        "order_ms": statistics.median(orders),
        "slowest_ms": max(orders),
        "elsewhere": len(elsewhere),
        "errors": len(errors),
    }


PARTS = {part.__name__: part for part in (serial, workers, killed, over, asker, page)}

if __name__ == "__main__":
    main()
