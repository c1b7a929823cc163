import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from inkdream.errors import InputError, RunError
from inkdream.run.checkpoint import all_finite, load_checkpoint, save_checkpoint
from inkdream.storage import new_folder, write_whole

STATE = {
    "step": 3,
    "name": "tensor:x is only text? no: see below",
    "nested": {"list": [1, 2.5, None, True], "weights": torch.randn(3, 4)},
    "many": [torch.arange(5), torch.zeros(0), {"t": torch.tensor(2.0, dtype=torch.float64)}],
}


def same(first, second):
    if isinstance(first, torch.Tensor):
        return first.dtype == second.dtype and torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return first == second


def test_a_checkpoint_gives_back_what_was_put_in(tmp_path):
    state = {**STATE, "name": "plain"}
    save_checkpoint(tmp_path / "c.safetensors", state)
    assert same(state, load_checkpoint(tmp_path / "c.safetensors"))
    readable = json.loads((tmp_path / "c.json").read_text())
    assert readable["tensors"]["nested.weights"] == ["torch.float32", 3, 4]


def test_tensors_that_share_memory_can_be_saved(tmp_path):
    whole = torch.arange(10.0)
    save_checkpoint(tmp_path / "c.safetensors", {"a": whole, "b": whole[2:5]})
    assert same(load_checkpoint(tmp_path / "c.safetensors")["b"], whole[2:5])


def test_text_that_looks_like_a_tensor_is_refused_not_mistaken(tmp_path):
    with pytest.raises(ValueError, match="tensor:"):
        save_checkpoint(tmp_path / "c.safetensors", STATE)


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_cut_checkpoint_is_refused_in_one_line(tmp_path, keep):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, {"x": torch.randn(50)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"c\.safetensors"):
        load_checkpoint(path)


def test_other_files_are_no_checkpoints(tmp_path):
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="not a checkpoint"):
        load_checkpoint(tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="no checkpoint"):
        load_checkpoint(tmp_path / "missing.safetensors")


def test_pickles_are_not_even_opened(tmp_path):
    path = tmp_path / "c.safetensors"
    torch.save({"x": 1}, path)
    with pytest.raises(InputError):
        load_checkpoint(path)


def test_nan_is_found_wherever_it_is():
    assert all_finite(STATE)
    assert not all_finite({"a": [{"b": torch.tensor([1.0, float("inf")])}]})


def test_a_write_that_fails_keeps_the_old_file_and_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "x.txt"
    write_whole(path, "old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space left"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("letter", ["x", "ü"])
def test_a_name_may_be_as_long_as_names_can_be(tmp_path, letter):
    path = tmp_path / (letter * (255 // len(letter.encode())))
    write_whole(path, "all")
    assert path.read_text() == "all"
    assert list(tmp_path.iterdir()) == [path]


def test_a_killed_writer_never_leaves_half_a_file(tmp_path):
    path = tmp_path / "x.bin"
    code = (
        "import sys, pathlib; from inkdream.storage import write_whole\n"
        "n = 0\n"
        "while True: n += 1; write_whole(pathlib.Path(sys.argv[1]), bytes([n % 256]) * 300_000)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)])
    deadline = time.monotonic() + 30
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    content = path.read_bytes()
    assert len(content) == 300_000
    assert len(set(content)) == 1


def test_folders_are_never_reused(tmp_path):
    names = [new_folder(tmp_path / "runs", "a").name for _ in range(3)]
    assert names == ["a", "a-2", "a-3"]


def test_a_folder_where_a_file_stands_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        new_folder(tmp_path / "file", "a")
    with pytest.raises(InputError, match="file"):
        new_folder(tmp_path / "file" / "deeper", "a")


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions there")
def test_a_file_has_the_permissions_that_new_files_get(tmp_path):
    usual, written = tmp_path / "usual", tmp_path / "written"
    before = os.umask(0o027)
    try:
        usual.touch()
        write_whole(written, b"ink")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert written.stat().st_mode == usual.stat().st_mode
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["usual", "written"]
