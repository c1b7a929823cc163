"""What the studio costs: its server, the runs that it watches, and twenty open tabs.

    python benchmarks/studio.py              # server and tabs
    python benchmarks/studio.py --live       # what being watched costs a run (some minutes)

CPU seconds are this process's children's: another program beside it makes them a little larger, not
several times, as it does with time by the clock.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

import torch
from websockets.asyncio.client import connect
from websockets.typing import Origin

from inkdream.optimize.session import Session
from inkdream.recipe import validate
from inkdream.run.live import LEAST_SECONDS, TIMES_ITS_COST, packet
from inkdream.storage import LIVE, PROCESS, holding

RUNS, TABS, SECONDS = 50, 20, 20.0
# Bytes of small drawings, of the largest that docs/benchmarks.md measures, and of none of ours.
FRAMES_A_SECOND, FRAMES = 4.0, (25_000, 158_000, 1_000_000)
STARTS = 5
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
LINK = re.compile(r"(http://127\.0\.0\.1:\d+)/\?key=(\S+)")
DRAWINGS: dict[str, dict[str, Any]] = {
    "256 px": {"width": 256, "height": 256},
    "512 px": {"width": 512, "height": 512},
    "400 strokes": {"medium": "strokes", "strokes": {"count": 400}},
    "1,500 strokes": {"medium": "strokes", "strokes": {"count": 1500}},
}


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--live", action="store_true", help="what being watched costs a run")
    if parser.parse_args().live:
        show_live()
        return
    with tempfile.TemporaryDirectory() as place:
        shelf = Path(place) / "runs"
        fill(shelf)
        show_first_page(shelf)
        with served(shelf) as (server, base, cookie):
            asyncio.run(show_tabs(shelf, server, base, cookie))


class Server:
    """What the system says of a process (Linux)."""

    def __init__(self, number: int) -> None:
        self._folder = Path(f"/proc/{number}")

    def _read(self, name: str) -> str:
        return (self._folder / name).read_text(encoding="utf-8")

    def seconds(self) -> float:
        """Return the CPU seconds that it has used; of its children none."""
        fields = self._read("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Return MiB that it holds."""
        return int(re.findall(r"VmRSS:\s*(\d+)", self._read("status"))[0]) / 1024

    def has(self, library: str) -> bool:
        """Return whether a library is loaded."""
        return library in self._read("maps")


def fill(shelf: Path) -> None:
    """Make a folder of runs, all alike but for their names, finished as far as lists look."""
    words = ["draw", "--width", "64", "--height", "64", "--steps", "4", "--out", str(shelf)]
    subprocess.run([sys.executable, "-m", "inkdream", *words], check=True, capture_output=True)
    (first,) = shelf.iterdir()
    for number in range(1, RUNS):
        shutil.copytree(first, shelf / f"{first.name}-{number + 1}")


@contextmanager
def served(shelf: Path) -> Iterator[tuple[Server, str, str]]:
    """Serve a folder and load the first page; yield the process, its address and the cookie."""
    process = subprocess.Popen(
        [sys.executable, "-m", "inkdream", "studio", str(shelf), "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
        # As it is once installed: compiled, the first time if not before.
        env={name: value for name, value in os.environ.items() if name != _NO_BYTECODE},
    )
    try:
        assert process.stdout
        match = LINK.search(process.stdout.readline())
        assert match
        base, key = match.groups()
        yield Server(process.pid), base, first_page(base, key)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def show_first_page(shelf: Path) -> None:
    """Print what the first page costs."""
    seconds = []
    for _ in range(STARTS + 1):
        with served(shelf) as (server, _, _):
            seconds.append(server.seconds())
            memory, has_torch = server.memory(), server.has("torch")
    # The first has compiled what was not.
    print(f"first page and {RUNS} runs: {median(seconds[1:]):.2f} CPU s, median of {STARTS}")
    print(f"memory: {memory:.0f} MiB; torch loaded: {has_torch}")


def first_page(base: str, key: str) -> str:
    """Load what the page loads first; return the cookie."""
    host = base.removeprefix("http://")

    def get(path: str, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(host)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer

    cookie = (get(f"/?key={key}").getheader("set-cookie") or "").partition(";")[0]
    for path in ("/", "/static/app.js", "/static/look.css", "/api/runs"):
        assert get(path, Cookie=cookie).status == 200
    return cookie


async def show_tabs(shelf: Path, server: Server, base: str, cookie: str) -> None:
    """Print how many frames a second each of twenty tabs gets, and what that costs the server."""
    folder = next(shelf.iterdir())
    (folder / "certificate.json").unlink()
    with holding(folder):
        (folder / PROCESS).write_text(json.dumps({"pid": os.getpid()}), encoding="utf-8")
        for size in FRAMES:
            run = await run_of(base, cookie, folder.name)
            before, begun = server.seconds(), time.monotonic()
            counts = await asyncio.gather(
                *(watch(base, cookie, run) for _ in range(TABS)), frames(folder, size)
            )
            cpu, spent = server.seconds() - before, time.monotonic() - begun
            rates = [count / SECONDS for count in counts[:TABS]]
            print(
                f"{TABS} tabs, {size / 1000:,.0f} KB a frame, {counts[TABS] / SECONDS:.2f} "
                f"frames/s made: each gets {min(rates):.2f} to {max(rates):.2f}/s; server "
                f"{cpu / spent:.1%} of a core"
            )


async def run_of(base: str, cookie: str, name: str) -> str:
    """Return the id of the run in a folder."""
    address = base.replace("http", "ws") + "/api/news"
    async with connect(
        address, additional_headers={"Cookie": cookie}, origin=Origin(base), max_size=None
    ) as tab:
        hello = json.loads(await tab.recv())
    return str(next(run["id"] for run in hello["runs"] if run["folder"] == name))


async def watch(base: str, cookie: str, run: str) -> int:
    """Return how many frames a tab gets."""
    count, until = 0, time.monotonic() + SECONDS
    address = base.replace("http", "ws") + "/api/news"
    async with connect(
        address, additional_headers={"Cookie": cookie}, origin=Origin(base), max_size=None
    ) as tab:
        await tab.send(json.dumps({"watch": [run]}))
        while (left := until - time.monotonic()) > 0:
            with suppress(TimeoutError):
                count += isinstance(await asyncio.wait_for(tab.recv(), left), bytes)
    return count


async def frames(folder: Path, size: int) -> int:
    """Leave packets as a run does; return how many."""
    header = json.dumps({"kind": "pixels", "done": 1, "steps": 2}).encode()
    header += b" " * (-len(header) % 4)
    body = os.urandom(size)
    count, until = 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        count += 1
        aside = folder / "aside"
        aside.write_bytes(len(header).to_bytes(4, "little") + header + body)
        aside.replace(folder / LIVE)
        await asyncio.sleep(1 / FRAMES_A_SECOND)
    return count


def show_live() -> None:
    """Print what a packet costs, and what share of a run that can be at most."""
    torch.set_num_threads(1)
    for name, table in DRAWINGS.items():
        session = Session(validate({**table, "steps": 60, "outputs": ["drawing"]}))
        steps = session.steps()
        for _ in range(24):
            next(steps)
        begun = time.process_time()
        for _ in range(20):
            next(steps)
        step = (time.process_time() - begun) / 20
        begun = time.process_time()
        for _ in range(20):
            data = packet(session.loop.drawing, {"number": 1})
        cost = (time.process_time() - begun) / 20
        pause = max(LEAST_SECONDS, TIMES_ITS_COST * cost)
        print(
            f"{name}: a step {step * 1000:.0f} ms of CPU, a packet {cost * 1000:.1f} ms and "
            f"{len(data) / 1000:.0f} KB, one each {pause:.2f} s: "
            f"{cost / (pause + cost):.2%} of the run"
        )


if __name__ == "__main__":
    main()
