"""`inkdream doctor`: what is installed and where, and a line of advice for what is not right."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby

from rich.text import Text

import inkdream
from inkdream.cli.terminal import Terminal
from inkdream.doctor import Finding, can_draw, examine
from inkdream.wording import counted

CANNOT_DRAW = 2
# Columns below which words are not set below each other: the terminal breaks the lines.
_NARROW = 24
# Words and not signs: not every terminal has a tick, nor every reader all colours.
_WORDS = {"fine": ("ok", "green"), "note": ("note", "yellow"), "wrong": ("WRONG", "bold red")}


def doctor_command(*, load: bool, as_json: bool) -> int:
    """Print what `inkdream.doctor.examine` says; return 2 if drawing cannot work, else 0."""
    findings = examine(load=load)
    works = can_draw(findings)
    if as_json:
        table = {"inkdream": inkdream.__version__, "works": works}
        # Not by the console, which wraps text.
        print(json.dumps({**table, "findings": [asdict(each) for each in findings]}, indent=2))
    else:
        _print(findings, works)
    return 0 if works else CANNOT_DRAW


def _print(findings: list[Finding], works: bool) -> None:
    console = Terminal(soft_wrap=True)
    width = max(len(each.name) for each in findings)
    for part, group in groupby(findings, key=lambda each: each.part):
        console.print(Text(part, "bold"))
        for each in group:
            word, style = _WORDS[each.state]
            head = Text.assemble((f"  {word:<6}", style), f"{each.name:<{width}}  ")
            console.print(_hung(console, head, Text(each.words)))
            if each.advice:
                console.print(
                    _hung(console, Text(" " * len(head)), Text(f"> {each.advice}", "cyan"))
                )
        console.print()
    console.print(_summary(findings, works))


def _hung(console: Terminal, head: Text, words: Text) -> Text:
    """Return words behind a head; on a terminal later lines begin below the first one's words."""
    room = console.width - len(head)
    if not console.is_terminal or room < _NARROW:
        return head + words
    return head + Text("\n" + " " * len(head)).join(words.wrap(console, room))


def _summary(findings: list[Finding], works: bool) -> Text:
    notes = sum(each.state == "note" for each in findings)
    if not works:
        wrong = sum(each.state == "wrong" for each in findings)
        return Text(
            f"Drawing cannot work yet: {counted(wrong, 'thing')} above to mend.", "bold red"
        )
    more = f"; of what it can do without, {counted(notes, 'thing')} above" if notes else ""
    return Text(f"Drawing works here{more}.", style="bold green")
