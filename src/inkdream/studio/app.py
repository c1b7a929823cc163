"""The studio's server: what is asked for at which address, and who answers."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from inkdream.errors import InkdreamError, InputError, RunError
from inkdream.storage import is_held
from inkdream.studio import pages
from inkdream.studio.desks import Desk
from inkdream.studio.guard import SANDBOX, TooLargeError
from inkdream.studio.networks import Networks
from inkdream.studio.news import SECONDS_BETWEEN_LOOKS, Newsroom, step_of
from inkdream.studio.places import NotThereError, Places, contained, run_id
from inkdream.studio.plotting import Plotting
from inkdream.studio.runner import Runner
from inkdream.studio.shelf import FILES, QUEUED, Shelf
from inkdream.studio.uploads import take

# What a recipe, and what a plot or a network may take; hatching a large sheet takes minutes.
SECONDS_FOR_RECIPES, SECONDS_FOR_PLOTS = 30.0, 900.0
SECONDS_BETWEEN_SCANS, SECONDS_ALONE, TIMES_ITS_COST = 1.0, 1.0, 20.0
MOST_STEPS = 1_000_000


@dataclass
class Settings:
    """How a studio was started.

    Attributes:
        folder: of the runs.
        most_runs: drawn at once.
        allow_code: whether the page may name networks.
        networks: tables of the user's own, as a recipe has them.
    """

    folder: Path
    most_runs: int = 1
    allow_code: bool = False
    networks: Sequence[dict[str, Any]] = field(default_factory=list)


class Studio:
    """All that a studio holds while it is open."""

    def __init__(self, settings: Settings) -> None:
        """Open it; runs that outlived another server are adopted.

        Args:
            settings: how it was started.
        """
        self.settings = settings
        self.places = Places(settings.folder)
        self.shelf = Shelf(self.places)
        self.runner = Runner(self.shelf, settings.most_runs)
        self.newsroom = Newsroom()
        self.quick, self.slow = Desk(SECONDS_FOR_RECIPES), Desk(SECONDS_FOR_PLOTS)
        self.plotting = Plotting(self.shelf, self.slow)
        self.networks = Networks(self.places, self.slow, settings.networks, self.newsroom.tell)
        self._told: dict[str, dict[str, Any]] = {}
        # The runs when they were last looked through, and when they will be again.
        self._folders, self._due = self.shelf.runs(), 0.0

    def application(self) -> Starlette:
        """Return what answers requests that the guard has let through."""
        return Starlette(
            routes=[*self._routes(), WebSocketRoute("/api/news", self._news)],
            lifespan=self._lifespan,
            exception_handlers={
                NotThereError: _answer_with(404),
                TooLargeError: _answer_with(413),
                InputError: _answer_with(400),
                RunError: _failed,
                OSError: _failed,
                HTTPException: _not_so,
            },
        )

    def _routes(self) -> list[Route]:
        run = "/api/runs/{run}"
        reads: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "/": pages.index,
            "/static/{name}": pages.static,
            "/api/start": self._start,
            "/api/pens": self._pens,
            "/api/networks/{name}": self._network,
            "/api/networks/{name}/sheet": self._sheet,
            "/api/networks/{name}/sheet.png": self._sheet_file,
            "/api/runs": self._runs,
            run: self._run,
            f"{run}/file/{{name}}": self._file,
            f"{run}/order": self._order,
            f"{run}/plot/{{plot}}/{{name}}": self._plot_file,
            "/api/uploads/{upload}": self._upload,
        }
        writes: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "/api/recipe/check": self._check,
            "/api/networks/{name}/sheet": self._draw_sheet,
            "/api/runs": self._begin,
            f"{run}/stop": self._stop,
            f"{run}/resume": self._resume,
            f"{run}/star": self._star,
            f"{run}/rename": self._rename,
            f"{run}/delete": self._delete,
            f"{run}/restore": self._restore,
            f"{run}/more": self._more,
            f"{run}/plot": self._plot,
            "/api/uploads": self._take,
        }
        return [
            *(Route(path, answer) for path, answer in reads.items()),
            *(Route(path, answer, methods=["POST"]) for path, answer in writes.items()),
        ]

    @asynccontextmanager
    async def _lifespan(self, app: ASGIApp) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            self.networks.close()
            self.quick.close()
            self.slow.close()

    async def _watch(self) -> None:
        """Begin runs whose turn it is, and tell tabs what has changed, until it is closed."""
        while True:
            # A disk that is full now, a folder that has just gone, a desk that was killed: the next
            # look may find it otherwise, and whoever asked for it was told.
            with suppress(InkdreamError, OSError):
                await self._look()
            is_busy = self.newsroom.tabs or self.runner.drawing
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS if is_busy else SECONDS_ALONE)

    async def _look(self) -> None:
        """Look once at all that may have changed."""
        changed = self.runner.tick()
        if self.newsroom.tabs and (changed or time.monotonic() >= self._due):
            begun = time.monotonic()
            self._folders = self.shelf.runs()
            self.runner.adopt(self._folders)
            self._scan(self._folders)
            await self._entitle()
            # A folder of thousands is looked through less often.
            spent = time.monotonic() - begun
            self._due = begun + max(SECONDS_BETWEEN_SCANS, TIMES_ITS_COST * spent)
        drawn = self.runner.drawing
        drawing = {run: self._folders[run] for run in drawn if run in self._folders}
        for run, header in self.newsroom.look(drawing).items():
            self._tell(run, self._folders[run], step_of(header))
        self.networks.tick(is_idle=not drawn)
        self.slow.rest()

    def _scan(self, folders: dict[str, Path]) -> None:
        """Tell of runs that are other than they were."""
        for run in self._told.keys() - folders.keys():
            del self._told[run]
            self.newsroom.tell(run, {"type": "gone", "id": run})
        for run, folder in folders.items():
            if self.shelf.summary(run, folder) != self._told.get(run):
                self._tell(run, folder)
        self.newsroom.tell("queue", {"type": "queue", "queue": self.shelf.queue})

    def _tell(self, run: str, folder: Path, step: dict[str, Any] | None = None) -> None:
        summary = self.shelf.summary(run, folder)
        self._told[run] = summary
        if step:
            # Newer than what the files say.
            summary = {**summary, "step": step["done"], "steps": step["steps"]}
        self.newsroom.tell(run, {"type": "run", "run": summary, "step": step})

    async def _entitle(self) -> None:
        """Find out the titles of runs that have none yet."""
        if untitled := self.shelf.untitled():
            folders = [str(folder) for folder in untitled.values()]
            self.shelf.entitle(untitled, await self.quick.ask("titles", folders=folders))

    async def _news(self, socket: WebSocket) -> None:
        hello = {"runs": self.shelf.summaries(), "queue": self.shelf.queue}
        await self.newsroom.serve(socket, hello)

    async def _start(self, request: Request) -> Response:
        choices = await self.quick.ask("choices")
        names = [*choices.pop("networks"), *(each["name"] for each in self.settings.networks)]
        about = {
            "folder": self.places.folder.name,
            "max_runs": self.settings.most_runs,
            "allow_code": self.settings.allow_code,
            "networks": [{"name": name} for name in names],
        }
        return JSONResponse({**choices, **about})

    async def _pens(self, request: Request) -> Response:
        return JSONResponse(await self.quick.ask("pens"))

    async def _network(self, request: Request) -> Response:
        return JSONResponse(self.networks.about(request.path_params["name"]))

    async def _sheet(self, request: Request) -> Response:
        name, layer = request.path_params["name"], request.query_params.get("layer", "")
        return JSONResponse(self.networks.sheet(name, layer))

    async def _sheet_file(self, request: Request) -> Response:
        name, layer = request.path_params["name"], request.query_params.get("layer", "")
        return FileResponse(self.networks.sheet_file(name, layer))

    async def _draw_sheet(self, request: Request) -> Response:
        table = await _table(request)
        name, layer = request.path_params["name"], str(table.get("layer", ""))
        self.networks.draw_sheet(name, layer)
        return JSONResponse(self.networks.sheet(name, layer), 202)

    async def _check(self, request: Request) -> Response:
        return JSONResponse(await self.quick.ask("check", **self._asked(await _table(request))))

    async def _runs(self, request: Request) -> Response:
        await self._entitle()
        return JSONResponse({"runs": self.shelf.summaries(), "queue": self.shelf.queue})

    async def _begin(self, request: Request) -> Response:
        table = await _table(request)
        parent = str(table.get("parent") or "")
        return await self._new(self._asked(table), parent, str(table.get("name") or ""))

    async def _more(self, request: Request) -> Response:
        """Go on from what a run has drawn, for more steps: a run of its own."""
        run, steps = request.path_params["run"], (await _table(request)).get("steps")
        if not isinstance(steps, int) or not 1 <= steps <= MOST_STEPS:
            raise InputError(f"steps: write 1 to {MOST_STEPS:,}")
        about = await self.quick.ask("describe", folder=str(self.places.run(run)))
        table = {**about["table"], "origin": f"run:{run}", "steps": steps}
        table.pop("tile", None)
        return await self._new(self._asked({"table": table}), run, "")

    async def _new(self, asked: dict[str, Any], parent: str, name: str) -> Response:
        if parent:
            self.places.run(parent)
        folder = await self.quick.ask("prepare", **asked)
        run = run_id(folder)
        if parent:
            self.shelf.descends(run, parent)
        if name:
            self.shelf.rename(run, name)
        self.runner.enqueue(run)
        self._tell(run, self.places.run(run))
        return JSONResponse({"id": run}, 201)

    def _asked(self, table: dict[str, Any]) -> dict[str, Any]:
        """Return what a desk is asked about a recipe from the page."""
        recipe, toml = table.get("table"), table.get("toml")
        if (recipe is None) == (toml is None):
            raise InputError("give the recipe as table or as toml, one of them")
        if not isinstance(recipe, dict | None) or not isinstance(toml, str | None):
            raise InputError("table is a table, toml a text")
        return {
            "folder": str(self.places.folder),
            "table": recipe,
            "toml": toml,
            "networks": list(self.settings.networks),
            "allow_code": self.settings.allow_code,
        }

    async def _run(self, request: Request) -> Response:
        run = request.path_params["run"]
        folder = self.places.run(run)
        about = await self.quick.ask("describe", folder=str(folder))
        self.shelf.about[run] = {"title": about["title"], "medium": about["medium"]}
        more = {"files": self.shelf.files(folder), "log": self.shelf.log(run)}
        summary = self.shelf.summary(run, folder)
        summary["steps"] = summary["steps"] or about["steps"]
        return JSONResponse({**about, **summary, **more})

    async def _stop(self, request: Request) -> Response:
        run = request.path_params["run"]
        return self._change(run, lambda: self.runner.stop(run))

    async def _resume(self, request: Request) -> Response:
        run = request.path_params["run"]
        return self._change(run, lambda: self.runner.enqueue(run))

    async def _star(self, request: Request) -> Response:
        run, table = request.path_params["run"], await _table(request)
        return self._change(run, lambda: self.shelf.star(run, table.get("starred") is True))

    async def _rename(self, request: Request) -> Response:
        run, table = request.path_params["run"], await _table(request)
        return self._change(run, lambda: self.shelf.rename(run, str(table.get("name", ""))))

    def _change(self, run: str, change: Callable[[], None]) -> Response:
        """Change a run; answer with what it is then, or with 409 if it is not so that it can."""
        folder = self.places.run(run)
        try:
            change()
        except NotThereError:
            raise
        except InputError as error:
            return _error(str(error), 409)
        self._tell(run, folder)
        return JSONResponse(self.shelf.summary(run, folder))

    async def _delete(self, request: Request) -> Response:
        run = request.path_params["run"]
        folder = self.places.run(run)
        if is_held(folder) or self.shelf.summary(run, folder)["state"] == QUEUED:
            return _error(f"{folder.name}: is being drawn; stop it first", 409)
        self.places.trash.mkdir(parents=True, exist_ok=True)
        if (self.places.trash / folder.name).exists():
            return _error(f"{folder.name}: another of that name lies in {self.places.trash}", 409)
        folder.rename(self.places.trash / folder.name)
        return JSONResponse({"id": run})

    async def _restore(self, request: Request) -> Response:
        run = request.path_params["run"]
        inside = self.places.trash.iterdir() if self.places.trash.is_dir() else ()
        folder = next((each for each in inside if run_id(each.name) == run), None)
        if folder is None:
            raise NotThereError("this run was not deleted here")
        back = self.places.folder / folder.name
        if back.exists():
            return _error(f"{folder.name}: there is another one of that name now", 409)
        folder.rename(back)
        return JSONResponse(self.shelf.summary(run, back))

    async def _file(self, request: Request) -> Response:
        folder, name = self.places.run(request.path_params["run"]), request.path_params["name"]
        if name not in FILES:
            raise NotThereError(f"{name[:60]}: no file of a run has that name")
        return _sent(contained(folder, name))

    async def _plot(self, request: Request) -> Response:
        run = request.path_params["run"]
        return JSONResponse(await self.plotting.plot(run, await _table(request)))

    async def _order(self, request: Request) -> Response:
        run, plot = request.path_params["run"], request.query_params.get("plot", "own")
        return FileResponse(await self.plotting.order(run, plot), media_type=_BINARY)

    async def _plot_file(self, request: Request) -> Response:
        found = request.path_params
        return _sent(self.plotting.file(found["run"], found["plot"], found["name"]))

    async def _take(self, request: Request) -> Response:
        return JSONResponse(await take(request.stream(), self.places, self.quick), 201)

    async def _upload(self, request: Request) -> Response:
        return _sent(self.places.upload(request.path_params["upload"]))


_BINARY = "application/octet-stream"
# Kinds of files as browsers are to take them, whatever the system thinks.
_KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/plain",
    ".toml": "text/plain",
    ".gpl": "text/plain",
    ".hex": "text/plain",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".hpgl": _BINARY,
    ".gcode": _BINARY,
}


def _sent(path: Path) -> Response:
    """Return a file, which runs nothing in the browser, whatever is in it."""
    return FileResponse(
        path,
        media_type=_KINDS.get(path.suffix, _BINARY),
        headers={"Content-Security-Policy": SANDBOX},
    )


async def _table(request: Request) -> dict[str, Any]:
    """Return the table that a request brings.

    Raises:
        InputError: if it brings none.
    """
    try:
        table = await request.json()
    except (ValueError, RecursionError) as error:
        raise InputError("this is no JSON") from error
    if not isinstance(table, dict):
        raise InputError("this is no table of JSON")
    return table


def _error(words: str, status: int) -> JSONResponse:
    return JSONResponse({"error": words, "key": ""}, status)


def _answer_with(status: int) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        return _error(str(error), status)

    return answer


def _failed(request: Request, error: Exception) -> Response:
    """Answer for what went wrong here: with 507 where there is no room, else with 500."""
    words, cause = str(error), error.__cause__
    if isinstance(error, OSError):
        words, cause = f"it cannot be done ({error.strerror or error})", error
    is_full = isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
    return _error(words, 507 if is_full else 500)


def _not_so(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(error.detail, error.status_code)
