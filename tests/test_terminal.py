"""What is printed is what was said, whatever it is, and whoever reads it."""

import os
import subprocess
import sys

import pytest

from inkdream.progress import showing
from inkdream.telling import listening, tell, telling
from inkdream.terminal import Terminal

NAMES = ["n[/i]", "[bold]x", "\\[a]", "100%", ":smile:"]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_printed_as_they_are(capsys, name):
    Terminal(soft_wrap=True).print(f"runs/{name}: done")
    assert capsys.readouterr().out == f"runs/{name}: done\n"


def run(words, **more):
    program = "import sys; from inkdream.cli import main; main(sys.argv[1:])"
    return subprocess.Popen([sys.executable, "-c", program, *words], **more)


@pytest.mark.parametrize("words", [["--help"], ["pens", "stabilo88"], ["networks", "loom"]])
def test_a_reader_who_goes_is_not_missed(words):
    reading, writing = os.pipe()
    os.close(reading)
    made = run(words, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    said = made.communicate()[1]
    assert (made.returncode, said) == (0, b"")


def test_a_drawing_is_made_for_a_reader_who_goes(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    size = ["--width", "32", "--height", "32", "--steps", "2"]
    made = run(["draw", *size, "--out", tmp_path / "[/b] x"], stdout=writing)
    os.close(writing)
    assert made.wait() == 0
    assert len(list(tmp_path.rglob("certificate.json"))) == 1


def test_letters_that_a_terminal_lacks_end_nothing(tmp_path):
    path = tmp_path / "bläh.toml"
    path.write_text('[[pens]]\nname = "grün"\ncolour = "green"\nwidth = 0.5\n', encoding="utf-8")
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    made = run(["pens", "check", path], stdout=subprocess.PIPE, env=ascii_only)
    said = made.communicate()[0]
    assert made.returncode == 0
    assert b"gr?n" in said


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_names_that_are_no_text_are_refused_in_one_line(tmp_path):
    made = run(
        ["draw", "--like", os.fsencode(tmp_path) + b"/bad\xff.png", "--out", tmp_path],
        stderr=subprocess.PIPE,
    )
    said = made.communicate()[1]
    assert made.returncode == 2
    assert said.startswith(b"inkdream: ")
    assert said.count(b"\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_to_be_asked_to_end_is_to_be_stopped():
    program = (
        "import os, signal, sys\n"
        "from inkdream import cli\n"
        "cli.app = lambda *words, **more: os.kill(os.getpid(), signal.SIGTERM)\n"
        "cli.main(['pens'])\n"
    )
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert made.returncode == 130
    assert made.stderr == b""


def test_work_tells_whoever_listens_and_its_parts_do_not_interrupt():
    def work():
        tell("first")
        with telling("second") as done:
            tell("inside")
            with telling("deeper"):
                done(0.5)
        tell("third")

    heard = []
    work()
    with listening(lambda what, share: heard.append((what, share))):
        work()
    work()
    assert heard == [("first", None), ("second", 0.0), ("second", 0.5), ("third", None)]


def test_what_is_shown_leaves_nothing_behind(capsys):
    with showing():
        tell("[red]this")
        with telling("that") as done:
            done(1.0)
    assert capsys.readouterr() == ("", "")
