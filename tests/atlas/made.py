"""Small atlases, and an engine that draws nothing but says when it would have."""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inkdream.atlas.engines import Result, Task
from inkdream.atlas.flags import AtlasFlags
from inkdream.atlas.local import Worker
from inkdream.atlas.units import Unit, bases
from inkdream.atlas.worker import answer
from inkdream.errors import InputError

# A tile of half a second.
TINY = {"width": 32, "steps": 4, "set": ["views.count=1"]}
LAYER = "loom/conv2_1"


def units(count: int, **flags) -> list[Unit]:
    asked = bases([LAYER], AtlasFlags(**{**TINY, **flags}))
    return [unit for base in asked for unit in base.units([str(each) for each in range(count)])]


def tile_of(task: Task) -> dict[str, bytes]:
    facts = {"key": task.key, "title": task.title}
    return {"drawing.png": b"png", "recipe.toml": b"", "tile.json": json.dumps(facts).encode()}


class FakeEngine:
    """Draws at once, `room` tasks in flight; fails those whose titles are given, so often."""

    def __init__(
        self, room: int = 2, failing: dict[str, int] | None = None, final: str = ""
    ) -> None:
        self.room, self.failing, self.final = room, dict(failing or {}), final
        self.drawn: list[str] = []

    def draw(self, waiting: deque[Task]) -> Iterator[Result | None]:
        in_work: deque[Task] = deque()
        while waiting or in_work:
            while waiting and len(in_work) < self.room:
                in_work.append(waiting.popleft())
            yield None
            task = in_work.popleft()
            if task.title == self.final:
                yield Result(task, {}, "terms: there is no such thing", True)
            elif self.failing.get(task.title, 0) > 0:
                self.failing[task.title] -= 1
                yield Result(task, {}, "its worker was killed")
            else:
                self.drawn.append(task.title)
                yield Result(task, tile_of(task))

    def close(self) -> None:
        pass


def contents(atlas: Path) -> dict[str, bytes]:
    """Return the files of all tiles, without what may differ: the seconds that they took."""
    files = {}
    for path in sorted((atlas / "runs").glob("*/*")):
        data = path.read_bytes()
        if path.name == "tile.json":
            data = json.dumps({**json.loads(data), "seconds": 0}).encode()
        files[f"{path.parent.name}/{path.name}"] = data
    return files


def listed(atlas: Path) -> dict:
    """Return what an atlas's page knows, without the seconds."""
    table = json.loads((atlas / "atlas.json").read_text())
    for tile in table["tiles"]:
        tile["seconds"] = 0
    return table


def raised(call) -> str:
    """Return the one line that a call is refused with."""
    try:
        call()
    except InputError as error:
        return str(error)
    raise AssertionError("it was not refused")


class NoProcess(Worker):
    """A worker that answers in this process, for tests of what is drawn and not of who draws."""

    pid = 0

    def __init__(self) -> None:
        self.asked = 0

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.asked += 1
        return json.loads(json.dumps(answer(request)))

    def close(self) -> None:
        pass
