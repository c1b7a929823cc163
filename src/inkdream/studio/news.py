"""What the page is told while it is open: which run changed, how far it is, what it looks like.

One WebSocket a tab. Nothing depends on news having been seen: a tab that comes, or comes back, is
first told all. The newest counts: a slow tab gets the last of what it missed, and no more.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from inkdream.storage import LIVE, PROCESS, WATCHED

SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_BETWEEN_TOUCHES = 3.0
MOST_WATCHED = 4
MOST_TABS = 64
_MOST_MESSAGE = 4096
_TOO_MANY = 1013


class Tab:
    """One page that is open."""

    def __init__(self, socket: WebSocket) -> None:
        """Take an accepted socket."""
        self.socket = socket
        self.watched: tuple[str, ...] = ()
        self.is_hidden = False
        self._frames: dict[str, bytes] = {}
        self._words: dict[str, str] = {}
        self._ready = asyncio.Event()

    def tell(self, topic: str, text: str) -> None:
        """Have a message sent; an older one of the same topic, not sent yet, is dropped."""
        self._words.pop(topic, None)
        self._words[topic] = text
        self._ready.set()

    def show(self, run: str, frame: bytes) -> None:
        """Have a run's frame sent as it is, if this tab watches it; an older one is dropped."""
        if run in self.watched and not self.is_hidden:
            self._frames[run] = frame
            self._ready.set()

    async def send(self) -> None:
        """Send what there is, as fast as this tab takes it, until it goes."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            words, self._words = self._words, {}
            frames, self._frames = self._frames, {}
            for text in words.values():
                await self.socket.send_text(text)
            for frame in frames.values():
                await self.socket.send_bytes(frame)

    async def listen(self) -> None:
        """Take what the tab says, until it goes."""
        while True:
            text = await self.socket.receive_text()
            with suppress(ValueError, RecursionError):
                table = json.loads(text) if len(text) <= _MOST_MESSAGE else None
                if isinstance(table, dict):
                    self._hear(table)

    def _hear(self, table: Mapping[str, Any]) -> None:
        if isinstance(runs := table.get("watch"), list):
            self.watched = tuple(run for run in runs[:MOST_WATCHED] if isinstance(run, str))
        if isinstance(hidden := table.get("hidden"), bool):
            self.is_hidden = hidden


class Newsroom:
    """All open tabs, and the packets that runs leave."""

    def __init__(self) -> None:
        self.tabs: set[Tab] = set()
        self._seen: dict[Path, int] = {}
        self._touched = 0.0

    @property
    def is_watched(self) -> bool:
        """Whether anybody looks."""
        return any(not tab.is_hidden for tab in self.tabs)

    async def serve(self, socket: WebSocket, hello: Mapping[str, Any]) -> None:
        """Serve one tab until it goes.

        Args:
            socket: not accepted yet.
            hello: all there is to know.
        """
        if len(self.tabs) >= MOST_TABS:
            await socket.close(_TOO_MANY)
            return
        await socket.accept()
        tab = Tab(socket)
        tab.tell("hello", json.dumps({"type": "hello", **hello}))
        self.tabs.add(tab)
        both = [asyncio.create_task(tab.send()), asyncio.create_task(tab.listen())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.tabs.discard(tab)
            for task in both:
                task.cancel()
            for result in await asyncio.gather(*both, return_exceptions=True):
                is_usual = isinstance(result, WebSocketDisconnect | RuntimeError | OSError)
                if isinstance(result, Exception) and not is_usual:
                    raise result

    def tell(self, topic: str, table: Mapping[str, Any]) -> None:
        """Tell all tabs."""
        text = json.dumps(table)
        for tab in self.tabs:
            tab.tell(topic, text)

    def look(self, folders: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
        """Say to runs that they are watched; pass on the packets that are new.

        Args:
            folders: of the runs that are being drawn, by id.

        Returns:
            The headers of the new packets, by run.
        """
        if not self.is_watched:
            return {}
        now = time.monotonic()
        if now - self._touched >= SECONDS_BETWEEN_TOUCHES:
            self._touched = now
            for folder in folders.values():
                # Not where a run has ended meanwhile: nobody would take it away again.
                if (folder / PROCESS).is_file():
                    with suppress(OSError):
                        (folder / WATCHED).touch()
        headers = {}
        for run, folder in folders.items():
            if (packet := self._new(folder / LIVE)) is None:
                continue
            # The same bytes for all tabs: packets are large, and tabs may be many.
            frame = b"%c%b%b" % (len(run), run.encode("ascii"), packet)
            for tab in self.tabs:
                tab.show(run, frame)
            with suppress(ValueError):
                length = int.from_bytes(packet[:4], "little")
                headers[run] = json.loads(packet[4 : 4 + length])
        return headers

    def _new(self, path: Path) -> bytes | None:
        """Return a packet that was not there before."""
        try:
            time_ns = path.stat().st_mtime_ns
            if self._seen.get(path) == time_ns:
                return None
            packet = path.read_bytes()
        except OSError:
            self._seen.pop(path, None)
            return None
        self._seen[path] = time_ns
        return packet


def step_of(header: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of a step, from a packet's header."""
    keys = ("stage", "done", "steps", "score", "score_strict", "softness", "seconds_left")
    return {key: header.get(key) for key in keys}
