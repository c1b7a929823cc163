"""What is not the same on Windows, as far as it can be faked elsewhere."""

import ctypes
import io
import json
import os
import signal
import subprocess
from importlib import metadata
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace

import pytest

from inkdream import memory, recipe, storage, wording
from inkdream.atlas import local
from inkdream.errors import RunError


def test_memory_is_asked_of_windows_where_there_is_no_sysconf(monkeypatch):
    def answer(reference):
        status = ctypes.cast(reference, ctypes.POINTER(memory._MemoryStatus)).contents
        assert status.length == 64  # of MEMORYSTATUSEX, or Windows refuses
        status.total = 2**34
        return 1

    kernel = type("kernel32", (), {"GlobalMemoryStatusEx": staticmethod(answer)})
    monkeypatch.delattr(os, "sysconf")
    monkeypatch.setattr(ctypes, "windll", type("windll", (), {"kernel32": kernel}), raising=False)
    assert memory.total_memory() == 2**34


def test_memory_that_nobody_knows_is_none(monkeypatch):
    monkeypatch.delattr(os, "sysconf")
    monkeypatch.delattr(ctypes, "windll", raising=False)
    assert memory.total_memory() is None


def test_this_machine_has_memory():
    assert memory.total_memory() > 2**28


@pytest.fixture
def held(monkeypatch):
    """Return a function by which a file is held by another program for so many tries."""
    monkeypatch.setattr(storage.sys, "platform", "win32")
    monkeypatch.setattr(storage.time, "sleep", lambda seconds: None)
    whole = Path.replace

    def hold(tries):
        refused = iter(range(tries))

        def replace(self, target):
            if next(refused, None) is not None:
                raise PermissionError(13, "Access is denied")
            return whole(self, target)

        monkeypatch.setattr(Path, "replace", replace)

    return hold


def test_a_file_that_a_viewer_reads_is_written_when_it_lets_go(held, tmp_path):
    held(3)
    storage.write_whole(tmp_path / "drawing.png", b"new")
    assert (tmp_path / "drawing.png").read_bytes() == b"new"


def test_a_file_that_is_held_for_good_ends_in_one_line_and_stays(held, tmp_path):
    (tmp_path / "drawing.png").write_bytes(b"old")
    held(1000)
    with pytest.raises(RunError, match="Access is denied"):
        storage.write_whole(tmp_path / "drawing.png", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["drawing.png"]
    assert (tmp_path / "drawing.png").read_bytes() == b"old"


def test_how_a_worker_ended_needs_no_signal_that_windows_lacks(monkeypatch):
    assert "killed" in local._how_it_ended(-signal.SIGKILL)
    monkeypatch.delattr(signal, "SIGKILL")
    assert local._how_it_ended(3) == "its worker ended (exit code 3)"


def test_a_worker_hears_no_ctrl_c_of_the_terminal_on_windows(monkeypatch):
    asked = {}
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    process = SimpleNamespace(stdin=io.BytesIO(), stdout=io.BytesIO(), pid=1)
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **given: asked.update(given) or process)
    local.Worker()
    assert asked["creationflags"] == 0x200


def test_a_clone_s_folder_is_one_of_windows(monkeypatch):
    origin = {"url": "file:///C:/ink%20dream", "dir_info": {"editable": True}}
    read = {"direct_url.json": json.dumps(origin)}.get
    distribution = type("Distribution", (), {"read_text": staticmethod(read)})
    monkeypatch.setattr(metadata, "distribution", lambda name: distribution)
    monkeypatch.setattr("urllib.request.url2pathname", lambda path: "C:\\ink dream")
    monkeypatch.setattr(
        wording, "Path", type("Path", (PureWindowsPath,), {"exists": lambda path: False})
    )
    monkeypatch.setattr(wording.sys, "prefix", "C:\\ink dream\\.venv")
    assert "C:\\ink dream[zoo]" in wording.how_to_install("zoo")


def test_what_is_to_be_copied_is_quoted_as_windows_shells_take_it(monkeypatch):
    monkeypatch.setattr(wording.sys, "platform", "win32")
    assert wording.shell_word("runs\\first") == "runs\\first"  # in quotes it were no command
    assert wording.shell_word("my runs\\first") == '"my runs\\first"'
    monkeypatch.setattr(wording.sys, "argv", [".venv\\Scripts\\inkdream.exe"])
    monkeypatch.setattr(wording, "Path", PureWindowsPath)
    monkeypatch.setattr(wording.shutil, "which", lambda name: None)
    assert wording.command() == ".venv\\Scripts\\inkdream.exe"


def test_a_drive_s_colon_is_no_weight_and_a_network_is_named_after_its_file():
    photo, network = "C:\\photos\\me.jpg", "C:\\nets\\birds.pt2"
    assert recipe.split_weight(photo, "picture") == {"picture": photo}
    assert recipe.split_weight(f"{photo}:2", "picture") == {"picture": photo, "weight": 2.0}
    assert recipe.split_networks([network]) == [{"name": "birds", "source": network}]
