"""What is printed is what was said, whatever it is, and whoever reads it."""

import io
import os
import subprocess
import sys

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

from inkdream.cli.progress_bar import StepBar, showing
from inkdream.cli.terminal import Terminal, new_table, print_names, print_table
from inkdream.progress import listening, task, tell
from tests.running import says

SMALL = ["--width", "32", "--height", "32", "--page", "40x40mm", "--margin", "4"]
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
    made = run(["draw", *SMALL, "--steps", "2", "--out", tmp_path / "[/b] x"], stdout=writing)
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
        "stopped = lambda *words, **more: os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.modules['inkdream.cli.app'].app = stopped\n"
        "cli.main(['pens'])\n"
    )
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert made.returncode == 130
    assert made.stderr == b""


def test_work_tells_whoever_listens_and_its_parts_do_not_interrupt():
    def work():
        tell("first")
        with task("second") as done:
            tell("inside")
            with task("deeper"):
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
        with task("that") as done:
            done(1.0)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("total", "begun"), [(37, 0), (10, 0), (7, 0), (3, 0), (1000, 431), (5, 5)]
)
def test_a_log_gets_a_line_every_tenth_and_no_markup(capsys, total, begun):
    bar = StepBar(
        TextColumn("{task.description}", markup=False),
        BarColumn(24),
        MofNCompleteColumn(),
        TextColumn("score {task.fields[score]}"),
        console=Terminal(),
    )
    with bar:
        task = bar.add_task("[b]layer", total=total, completed=begun, score="-")
        for done in range(begun + 1, total + 1):
            bar.step(task, done, score=f"{done:.1f}")
    lines = capsys.readouterr().out.splitlines()
    # The first step at or after each tenth that was still to come, each once, and the last.
    due = sorted({-(-tenth * total // 10) for tenth in range(1, 11)})
    assert lines == [f"[b]layer {done}/{total} score {done:.1f}" for done in due if done > begun]


ROWS = [
    ("network-of-a-long-name", "word " * 12),
    ("short", "one-word-of-thirty-letters.pth"),
]


def table_on(width, is_terminal):
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=is_terminal, color_system=None)
    table = new_table("name", "what it is")
    for row in ROWS:
        table.add_row(*row)
    print_table(console, table)
    return out.getvalue()


@pytest.mark.parametrize("width", [10, 40, 60, 80])
def test_a_table_folds_on_a_terminal_and_breaks_no_name(width):
    text = table_on(width, is_terminal=True)
    assert all(name in text for name, _ in ROWS)
    assert "…" not in text
    assert text.split().count("word") == 12
    assert ROWS[1][1] in text
    if width >= 60:
        assert max(map(len, text.splitlines())) <= width


def test_a_table_in_a_pipe_has_a_line_for_each_row():
    lines = table_on(40, is_terminal=False).splitlines()
    assert len(lines) == 1 + len(ROWS)
    for line, row in zip(lines[1:], ROWS, strict=True):
        assert [part.strip() for part in line.split("  ") if part] == [part.strip() for part in row]


def test_names_in_a_list_are_not_broken():
    names = [f"great white shark {number}" for number in range(30)]
    for is_terminal in (True, False):
        out = io.StringIO()
        console = Console(file=out, width=40, force_terminal=is_terminal, color_system=None)
        print_names(console, "classes:", names)
        lines = out.getvalue().splitlines()
        assert all(any(name in line for line in lines) for name in names)
        assert (len(lines) == 1) != is_terminal


def test_a_whole_run_into_a_log_says_how_far_it_is(tmp_path, capsys):
    code, said, _ = says(capsys, "draw", *SMALL, "--steps", "20", "--out", tmp_path)
    assert code == 0
    assert "[progress" not in said
    assert len([line for line in said.splitlines() if "/20 score " in line]) == 10
