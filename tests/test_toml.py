"""TOML from anybody: whole, or one clear line."""

import os

import pytest

from inkdream.errors import InputError
from inkdream.pens import read_pens
from inkdream.toml import MOST_BYTES, parse_toml, read_toml
from tests.running import refused

HOSTILE = {
    "digits": "x = " + "1" * 5000,
    "deep": "x = " + "[" * 5000,
    "cut": "[x",
    "large": "# " + "x" * MOST_BYTES,
}


def test_a_table_is_read_whole(tmp_path):
    path = tmp_path / "grün.toml"
    path.write_text('name = "grün"\n[inner]\nx = 1\n', encoding="utf-8")
    assert read_toml(path, "a recipe") == {"name": "grün", "inner": {"x": 1}}
    assert parse_toml("x = 1") == {"x": 1}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_too_much_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"^[^\n]{1,200}: is (no TOML|too large for a recipe)"):
        read_toml(path, "a recipe")


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("pipe", "is no file"), (".", "is no file"), ("none", "No such file")):
        with pytest.raises(InputError, match=words):
            read_toml(tmp_path / name, "a recipe")


@pytest.mark.parametrize("text", [HOSTILE["deep"], HOSTILE["digits"]], ids=["deep", "digits"])
@pytest.mark.parametrize("as_setting", [False, True])
def test_no_recipe_ends_in_a_traceback(tmp_path, capsys, text, as_setting):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    words = ["--set", text.replace(" ", "")] if as_setting else [str(path)]
    refused(capsys, "draw", *words, "--out", tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_are_read_as_editors_save_them(tmp_path, encoding, newline):
    """0.1.0 refused a byte-order mark."""
    text = newline.join(["[[pens]]", 'name = "Grün"', 'colour = "green"', "width = 0.4", ""])
    mark = b"" if encoding in ("utf-8", "utf-8-sig", "utf-16") else "\ufeff".encode(encoding)
    path = tmp_path / "pens.toml"
    path.write_bytes(mark + text.encode(encoding))
    assert [pen.name for pen in read_pens(path)] == ["Grün"]
