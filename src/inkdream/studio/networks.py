"""What can be excited, for the page: layers and classes of networks, sheets of their channels."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from inkdream import __version__
from inkdream.atlas.local import environment
from inkdream.errors import InkdreamError, InputError, shorten
from inkdream.storage import write_whole
from inkdream.studio.desks import Desk
from inkdream.studio.places import NotThereError, Places
from inkdream.studio.shelf import last_lines

# Names of networks that need nothing but themselves: they are looked up, never read as a path.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_DONE = re.compile(r"(\d+)/(\d+)")
# As `recipe.files` has it, which loads much.
ARCHIVE = ".pt2"
ASKING, READY, FAILED = "asking", "ready", "failed"


class Networks:
    """What is known of networks; each is looked up once, by a process that loads it."""

    def __init__(
        self,
        places: Places,
        desk: Desk,
        own: Sequence[Mapping[str, Any]],
        tell: Callable[[str, Mapping[str, Any]], None],
    ) -> None:
        """Make ready.

        Args:
            places: where what was looked up is kept.
            desk: who looks it up.
            own: tables of the user's own networks.
            tell: takes a topic and news of it.
        """
        self._home, self._desk, self._tell = places.home / "networks", desk, tell
        self._own = {str(table["name"]): table for table in own}
        self._known: dict[str, dict[str, Any]] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._waiting: list[tuple[str, str]] = []
        self._drawing: tuple[tuple[str, str], subprocess.Popen[bytes]] | None = None
        self._failures: dict[tuple[str, str], str] = {}

    def about(self, name: str) -> dict[str, Any]:
        """Return a network's layers and classes, or that they are being looked up.

        Raises:
            NotThereError: if that is no name.
        """
        self._check(name)
        if name not in self._known:
            self._known[name] = self._read(name) or self._ask(name)
        return {"name": name, **self._known[name]}

    def sheet(self, name: str, layer: str) -> dict[str, Any]:
        """Return whether there is a picture of a layer's channels, and how they lie in it.

        Raises:
            NotThereError: if there is no such layer.
        """
        found = self._layer(name, layer)
        channels, file = found["channels"], self._sheet(name, layer)
        state, done = ("ready", channels) if file.is_file() else ("none", 0)
        if self._drawing and self._drawing[0] == (name, layer):
            state, done = "drawing", self._done(file)
        elif (name, layer) in self._waiting:
            state = "waiting"
        return {
            "state": state,
            "done": done,
            "all": channels,
            "channels": channels,
            "error": self._failures.get((name, layer), ""),
            "url": f"/api/networks/{name}/sheet.png?layer={layer}" if state == READY else None,
            "columns": found["columns"],
            **self._known[name]["sheet"],
        }

    def sheet_file(self, name: str, layer: str) -> Path:
        """Return the picture of a layer's channels.

        Raises:
            NotThereError: if it has not been drawn.
        """
        self._layer(name, layer)
        file = self._sheet(name, layer)
        if not file.is_file():
            raise NotThereError(f"{name}/{layer}: has no sheet yet")
        return file

    def draw_sheet(self, name: str, layer: str) -> None:
        """Draw a layer's channels as soon as no run is being drawn.

        Raises:
            InputError: if it cannot be.
        """
        self._layer(name, layer)
        if name in self._own:
            raise InputError(
                f"{name}: is yours; draw its sheet in a terminal: inkdream networks SOURCE "
                f"--sheet {layer}"
            )
        self._failures.pop((name, layer), None)
        drawn = self._drawing[0] if self._drawing else None
        if (name, layer) not in (drawn, *self._waiting):
            self._waiting.append((name, layer))

    def tick(self, *, is_idle: bool) -> None:
        """Go on with sheets.

        Args:
            is_idle: whether no run is drawn: runs come first.
        """
        if self._drawing:
            asked, process = self._drawing
            if process.poll() is None:
                return
            self._drawing = None
            if process.returncode:
                lines = last_lines(self._sheet(*asked).with_suffix(".log"), 1)
                self._failures[asked] = lines[0] if lines else "it could not be drawn"
            self._tell(f"sheet {asked}", {"type": "sheet", "name": asked[0], "layer": asked[1]})
        if self._waiting and is_idle:
            asked = self._waiting.pop(0)
            self._drawing = asked, self._begin(*asked)

    def close(self) -> None:
        """Stop what is being looked up or drawn; tiles that are drawn are kept."""
        for task in self._asking.values():
            task.cancel()
        if self._drawing:
            with suppress(OSError):
                self._drawing[1].terminate()

    def _begin(self, name: str, layer: str) -> subprocess.Popen[bytes]:
        file = self._sheet(name, layer)
        file.parent.mkdir(parents=True, exist_ok=True)
        words = ["networks", name, "--sheet", layer, "--out", str(file), "--force"]
        with file.with_suffix(".log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "inkdream", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment(None),
            )

    def _done(self, file: Path) -> int:
        """Return how many tiles a sheet's process has said are done."""
        lines = reversed(last_lines(file.with_suffix(".log")))
        return next((int(match[1]) for line in lines if (match := _DONE.search(line))), 0)

    def _ask(self, name: str) -> dict[str, Any]:
        self._asking[name] = asyncio.create_task(self._look_up(name))
        return {"state": ASKING, "error": "", "layers": [], "classes": []}

    async def _look_up(self, name: str) -> None:
        own = self._own.get(name)
        about_it = (own or {}).items()
        keys = {key: str(each) for key, each in about_it if key not in ("name", "source")}
        try:
            source = f"{name}={own['source']}" if own else name
            about = await self._desk.ask("layers", name=source, own=keys or None)
            known = {"state": READY, "error": "", **about}
            self._home.mkdir(parents=True, exist_ok=True)
            write_whole(self._file(name), json.dumps(known))
        except InkdreamError as error:
            known = {"state": FAILED, "error": str(error), "layers": [], "classes": []}
        self._known[name] = known
        self._tell(f"network {name}", {"type": "network", "name": name})

    def _read(self, name: str) -> dict[str, Any] | None:
        """Return what was looked up before, by this version."""
        # A function of one's own may make another network the next time.
        if name in self._own:
            return None
        try:
            known = json.loads(self._file(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return known if isinstance(known, dict) and known.get("state") == READY else None

    def _check(self, name: str) -> None:
        is_plain = _PLAIN.fullmatch(name) and not name.endswith(ARCHIVE)
        if name not in self._own and not is_plain:
            raise NotThereError(f"network {shorten(name)}: is not there")

    def _layer(self, name: str, layer: str) -> dict[str, Any]:
        layers: list[dict[str, Any]] = self.about(name)["layers"]
        for each in layers:
            if each["name"] == layer:
                return each
        raise NotThereError(f"{name}/{shorten(layer)}: is no layer that is known")

    def _file(self, name: str) -> Path:
        return self._home / f"{_digest(name, __version__)}.json"

    def _sheet(self, name: str, layer: str) -> Path:
        return self._home / f"{_digest(name, layer)}.png"


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]
