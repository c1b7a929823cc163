"""`inkdream list` and `inkdream show`: what people and programs are told of runs."""

import json
import webbrowser
from pathlib import Path

import pytest

from inkdream.run import Run
from inkdream.storage import holding
from tests.running import climbed, drawn, says
from tests.toys import small


def listed(capsys, folder) -> dict[str, dict]:
    code, out, _ = says(capsys, "list", folder, "--json")
    assert code == 0
    return {Path(each["folder"]).name: each for each in json.loads(out)}


def left(parent, steps, **said) -> Run:
    run = climbed(Run.create(small(**said), parent), steps)
    run.stop()
    return run


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    """Return a folder of runs: one finished, one stopped, one that has not saved anything."""
    parent = tmp_path_factory.mktemp("shelf") / "runs"
    drawn(small(steps=2), parent)
    left(parent, 6, seed=1)
    Run.create(small(seed=2), parent)
    (parent / "notes").mkdir()
    (parent / "a.txt").write_text("no run")
    return parent


def named(parent, seed) -> Path:
    (folder,) = parent.glob(f"*seed{seed}")
    return folder


def test_runs_are_listed_with_all_that_is_known_of_them(parent, capsys):
    table = listed(capsys, parent)
    assert len(table) == 3
    done, stopped, fresh = (table[named(parent, seed).name] for seed in range(3))
    certificate = json.loads((named(parent, 0) / "certificate.json").read_text())
    assert (done["state"], done["size"]) == ("finished", "32 x 40 px")
    assert done["score"] == certificate["score_strict"]
    assert done["plot_seconds"] == certificate["plot_seconds"]
    assert done["seconds"] == certificate["seconds"]
    files = [path for path in named(parent, 0).rglob("*") if path.is_file()]
    assert done["bytes"] == sum(path.stat().st_size for path in files)
    assert (stopped["state"], stopped["step"], stopped["steps"]) == ("stopped", 6, 12)
    assert stopped["score"] is not None
    assert (fresh["state"], fresh["step"], fresh["score"]) == ("stopped", 0, None)


def test_the_table_names_every_run_whole(parent, capsys):
    code, out, _ = says(capsys, "list", parent)
    assert code == 0
    lines = out.splitlines()
    for seed, words in enumerate(("finished", "stopped at step 6 of 12", "stopped at step 0")):
        folder = named(parent, seed)
        (line,) = (line for line in lines[:4] if line.endswith(str(folder)))
        assert words in line
    assert "inkdream resume" in lines[-1]


def test_a_run_in_the_making_is_listed_as_running(parent, capsys):
    with holding(named(parent, 1)):
        assert listed(capsys, parent)[named(parent, 1).name]["state"] == "running"
    assert listed(capsys, parent)[named(parent, 1).name]["state"] == "stopped"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("recipe.toml", "steps = [", "recipe.toml"),
        ("recipe.toml", "steps = 3", ""),
        ("state.json", "{", "state.json"),
        ("state.json", "[]", "state.json"),
        ("state.json", '{"step": "x"}', ""),
        ("checkpoint.safetensors", "", "checkpoint.safetensors"),
        ("checkpoint.safetensors", "half", "checkpoint.safetensors"),
        ("certificate.json", "nothing", "certificate.json"),
        ("certificate.json", "{}", ""),
    ],
)
def test_damaged_runs_are_listed_as_such(tmp_path, capsys, name, content, why):
    folder = left(tmp_path, 4).folder
    whole = (folder / "checkpoint.safetensors").read_bytes()
    if content == "half":
        (folder / name).write_bytes(whole[: len(whole) // 2])
    else:
        (folder / name).write_text(content)
    table = listed(capsys, tmp_path)[folder.name]
    assert table["state"] == "damaged"
    assert why in table["why"]
    assert table["bytes"] > 0
    code, out, _ = says(capsys, "list", tmp_path)
    assert code == 0
    assert "damaged: " in out


def test_a_finished_run_without_its_drawing_is_damaged(tmp_path, capsys):
    run = left(tmp_path, 12)
    run.finish()
    (run.folder / "drawing.svg").unlink()
    assert listed(capsys, tmp_path)[run.folder.name]["why"] == "drawing.svg is gone"


def test_no_runs_are_said_to_be_none(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = says(capsys, "list")
    assert (code, "there are no runs here" in out) == (0, True)
    assert says(capsys, "list", "--json")[:2] == (0, "[]\n")
    for verb in ("list", "show"):
        code, _, err = says(capsys, verb, "gone")
        assert (code, err.count("\n")) == (2, 1)
    assert says(capsys, "show")[0] == 2


@pytest.fixture
def opened(monkeypatch):
    """Return the list of addresses that a browser is sent to."""
    addresses = []
    monkeypatch.setattr(webbrowser, "open", lambda url, *_: addresses.append(url) or True)
    return addresses


def test_show_opens_the_sheet_and_of_a_stopped_run_the_drawing(parent, capsys, monkeypatch, opened):
    monkeypatch.chdir(parent.parent)
    done, stopped = named(parent, 0), named(parent, 1)
    for words, file in (
        ((done,), done / "sheet.html"),
        ((done.name,), Path("runs") / done.name / "sheet.html"),
        ((done / "drawing.svg",), done / "sheet.html"),
        ((stopped,), stopped / "drawing.png"),
    ):
        code, out, _ = says(capsys, "show", *words)
        assert (code, out.splitlines()) == (0, [str(file)])
        assert opened.pop() == file.resolve().as_uri()
    code, out, _ = says(capsys, "show", done, "--print")
    assert (code, out, opened) == (0, f"{done / 'sheet.html'}\n", [])


@pytest.mark.parametrize("failing", [False, webbrowser.Error("no browser"), OSError("none")])
def test_where_no_browser_is_the_path_is_printed(parent, capsys, monkeypatch, failing):
    def opens(*_):
        if failing:
            raise failing
        return False

    monkeypatch.setattr(webbrowser, "open", opens)
    code, out, err = says(capsys, "show", named(parent, 0))
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == str(named(parent, 0) / "sheet.html")
    assert "no browser" in out


def test_what_is_no_run_is_not_shown(parent, capsys, opened):
    for what in (parent / "notes", parent / "a.txt", parent / "loom-conv2"):
        code, _, err = says(capsys, "show", what)
        assert (code, err.count("\n"), opened) == (2, 1, [])
    code, _, err = says(capsys, "show", named(parent, 2))
    assert code == 2
    assert "inkdream resume" in err
