"""The studio's server, asked in this process: what it says when there is no room, what it keeps."""

import asyncio
import errno
import json
import os
from pathlib import Path

import pytest

from inkdream import storage
from inkdream.errors import RunError
from inkdream.studio import desks, lists, plotting
from inkdream.studio.app import Settings, Studio
from inkdream.studio.desk import answer
from inkdream.studio.places import run_id

RECIPE = 'steps = 4\nwidth = 16\nheight = 16\nmedium = "pixels"\n'


class NearDesk:
    """Answers as a desk's process does, in this one."""

    def __init__(self, *given: object, **more: object) -> None:
        pass

    def ask(self, request: dict) -> dict:
        return json.loads(json.dumps(answer(request)))

    def close(self) -> None:
        pass


def asked(studio: Studio, path: str, table: dict) -> tuple[int, dict]:
    """Return status and answer of a POST to a studio's application."""
    sent: list[dict] = []
    body = json.dumps(table).encode()

    async def receive() -> dict:
        return {"type": "http.request", "body": body}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b""}
    asyncio.run(studio.application()({**scope, "root_path": ""}, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EACCES, 500)])
def test_no_room_is_said_in_a_line(tmp_path: Path, monkeypatch, number: int, status: int) -> None:
    def full(path: Path, data: bytes, *, lasting: bool) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(desks, "Worker", NearDesk)
    monkeypatch.setattr(storage, "_put", full)
    studio = Studio(Settings(tmp_path / "runs"))
    # In the desk's process, and in the server's own.
    answers = [asked(studio, "/api/runs", {"table": {"width": 16, "height": 16}})]
    (tmp_path / "runs" / "one").mkdir(parents=True)
    (tmp_path / "runs" / "one" / "recipe.toml").write_text(RECIPE)
    answers.append(asked(studio, f"/api/runs/{run_id('one')}/star", {"starred": True}))
    for told, words in answers:
        assert told == status, words
        assert os.strerror(number) in words["error"]
        assert "\n" not in words["error"]
    # What cannot be is the asker's own affair still.
    assert asked(studio, "/api/runs", {"table": {"width": -1}})[0] == 400


def test_plots_made_for_the_page_take_no_more_than_some_room(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(plotting, "MOST_PLOTS", 4)
    monkeypatch.setattr(plotting, "MOST_BYTES", 5000)
    studio = Studio(Settings(tmp_path / "runs"))
    for name in ("one", "other"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "recipe.toml").write_text(RECIPE)
    size = {"now": 100}

    async def ask(task: str, *, out: str, **given: object) -> dict:
        Path(out).mkdir(parents=True)
        (Path(out) / "order.bin").write_bytes(bytes(size["now"]))
        return {"files": []}

    monkeypatch.setattr(studio.slow, "ask", ask)

    def plotted(name: str, pens: str) -> str:
        return asyncio.run(studio.plotting.plot(run_id(name), {"pens": pens}))["id"]

    def kept() -> set[str]:
        return {path.parent.name for path in studio.places.home.glob("plots/*/*/order.bin")}

    made = [plotted(name, pens) for pens in ("red", "blue", "green") for name in ("one", "other")]
    assert kept() == set(made[-4:])
    # One that is large alone is kept, and the others make room for it.
    size["now"] = 9000
    large = plotted("one", "black")
    assert kept() == {large}


def test_words_need_what_is_not_there(monkeypatch, tmp_path: Path) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert "--allow-code" in lists.words_need()
    folder = tmp_path / "models--openai--clip-vit-base-patch32" / "snapshots" / "1"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").touch()
    assert lists.words_need() == ""
    monkeypatch.setattr(lists, "find_spec", lambda name: None)
    assert "transformers is not installed" in lists.words_need()


def test_what_goes_wrong_in_a_desk_keeps_its_cause(monkeypatch) -> None:
    monkeypatch.setattr(desks, "Worker", NearDesk)
    monkeypatch.setattr(lists, "choices", lambda: 1 / 0)
    with pytest.raises(RunError, match="ZeroDivisionError"):
        asyncio.run(desks.Desk(30).ask("choices"))
