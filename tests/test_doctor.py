"""`inkdream doctor` says what is missing, and what to do about it."""

import json
import subprocess
import sys

import pytest

from inkdream import doctor
from tests.running import says


def findings_of(capsys, *words):
    code, out, _ = says(capsys, "doctor", "--json", *words)
    table = json.loads(out)
    return code, table, {each["name"]: each for each in table["findings"]}


def test_where_all_is_installed_drawing_works(capsys):
    code, table, named = findings_of(capsys)
    assert code == 0 and table["works"]
    assert named["torch"]["words"].startswith(doctor.torch_version())
    assert {"Python", "libraries", "loom", "device", "threads", "machine code"} <= named.keys()
    # Whatever is not fine has its advice.
    assert all(each["advice"] for each in table["findings"] if each["state"] != "fine")


def test_torch_s_version_is_what_torch_says_of_itself():
    import torch

    assert doctor.torch_version() == torch.__version__


def test_torch_is_not_loaded_before_that_is_asked_for():
    code = (
        "import sys, inkdream.doctor as d; d.examine(); assert 'torch' not in sys.modules;"
        "loaded = d.examine(load=True); assert 'torch' in sys.modules; assert d.can_draw(loaded)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_library_that_is_missing_or_old_ends_in_2_with_the_command_that_mends_it(
    capsys, monkeypatch
):
    has = {"shapely": "", "pillow": "9.5"}
    whole = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: has.get(name.lower(), whole(name)))
    code, table, named = findings_of(capsys)
    assert code == 2 and not table["works"]
    assert "shapely is missing" in named["libraries"]["words"]
    assert "pillow 9.5 is older than" in named["libraries"]["words"].lower()
    assert "'shapely>=" in named["libraries"]["advice"]
    assert "numpy" not in named["libraries"]["advice"]


def test_a_library_that_does_not_load_is_named_with_its_reason(capsys, monkeypatch):
    def load(name):
        raise ImportError(f"DLL load failed while importing {name}")

    monkeypatch.setattr(doctor.importlib, "import_module", load)
    code, _, named = findings_of(capsys)
    assert code == 2
    assert "DLL load failed" in named["loading"]["words"]


@pytest.mark.parametrize(("build", "state"), [(None, "note"), ("12.8", "fine")])
def test_a_card_that_this_torch_cannot_use_is_pointed_out(build, state, monkeypatch):
    monkeypatch.setattr(doctor, "_nvidia", lambda: "NVIDIA T4")
    monkeypatch.setattr(doctor, "_torch_facts", lambda: {"__version__": "2.9", "cuda": build})
    device = doctor._device(False)
    assert device.state == state
    assert "NVIDIA T4" in device.words
    assert device.advice


def test_pens_that_are_wrong_are_a_note(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "inkdream" / "pens.toml"
    path.parent.mkdir()
    path.write_text('[[pens]]\nname = "gold"\ncolour = "#d4af37"\n')
    code, _, named = findings_of(capsys)
    assert code == 0
    assert named["pens"]["state"] == "note" and "width" in named["pens"]["words"]


def test_little_room_and_folders_that_cannot_be_written_are_notes(tmp_path, monkeypatch):
    assert doctor._writing(tmp_path, "this folder", "go").state == "fine"
    assert doctor._writing(tmp_path / "none", "this folder", "go").advice == "go"
    full = type("Usage", (), {"free": 2**20})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: full)
    assert "room" in doctor._writing(tmp_path, "this folder", "go").advice


def test_every_line_names_its_state_in_words(capsys):
    code, page, _ = says(capsys, "doctor")
    assert code == 0
    lines = [line for line in page.splitlines() if line.startswith("  ") and "> " not in line[:30]]
    assert lines and all(line.split()[0] in ("ok", "note") for line in lines)
    assert "Drawing works here" in page.splitlines()[-1]


def test_the_version_names_python_and_torch(capsys):
    import platform

    import torch

    import inkdream

    line = f"inkdream {inkdream.__version__} (Python {platform.python_version()}, torch "
    _, told, _ = says(capsys, "--version")
    assert told.startswith(line)
    # What is installed from PyPI does not say its build before it is loaded.
    version = told.removeprefix(line).removesuffix(")\n")
    assert version in (torch.__version__, torch.__version__.partition("+")[0])
