"""`inkdream atlas`: draw many tiles, show how far they are, make the page."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

from inkdream.atlas.engines import Engine
from inkdream.atlas.flags import AtlasFlags
from inkdream.atlas.folder import FAILED, check_atlas, check_place
from inkdream.atlas.local import LocalEngine, processors
from inkdream.atlas.page import write_page
from inkdream.atlas.ray_cluster import RayEngine
from inkdream.atlas.shards import Shard, shard_of
from inkdream.atlas.sweep import News, Standing, Sweep, units_of
from inkdream.atlas.units import bases
from inkdream.cli.process import stop_on_ctrl_c
from inkdream.cli.progress_bar import LeftColumn, StepBar
from inkdream.cli.terminal import Terminal
from inkdream.errors import INTERRUPTED, InputError
from inkdream.wording import command, counted, shell_word

FAILURES = 2
MOST_WORKERS, MOST_RETRIES = 4096, 100
MOST_SHOWN = 8


def make_page(words: Sequence[str]) -> int:
    """Make the page of an atlas from the tiles that are there.

    Raises:
        InputError: if no atlas is named.
    """
    if len(words) != 1:
        raise InputError("atlas page: give one atlas's folder, as in: inkdream atlas page atlas")
    folder = Path(words[0])
    check_atlas(folder)
    Terminal(soft_wrap=True).print(str(write_page(folder)))
    return 0


def draw_atlas(what: Sequence[str], flags: AtlasFlags) -> int:
    """Draw all tiles that are asked for, and the page; return the exit code.

    Ctrl-C finishes the tiles in hand, and prints the command that goes on.

    Args:
        what: a layer, or files of recipes.
        flags: how, and by whom.

    Raises:
        InputError: if it cannot be done as asked; then nothing is drawn.
        RunError: if the disk is full.
    """
    _check(flags)
    asked, shard = bases(what, flags), shard_of(flags.shard, os.environ)
    check_place(flags.out)
    with closing(LocalEngine(flags.workers or processors())) as local, stop_on_ctrl_c() as stop:
        units = shard.part(units_of(asked, what, flags, local.ask))
        sweep = Sweep(flags.out, units, tries=flags.retries, plots=flags.plots)
        show = show_lines if flags.json else show_bar
        with closing(_engine(flags, local)) as engine:
            show(sweep.standing, sweep.draw(engine, stop))
        return _end(sweep, shard, what, flags)


def _check(flags: AtlasFlags) -> None:
    """Raise InputError for flags that cannot be."""
    if flags.workers is not None and not 1 <= flags.workers <= MOST_WORKERS:
        raise InputError(f"--workers {flags.workers}: write 1 to {MOST_WORKERS:,}")
    if not 1 <= flags.retries <= MOST_RETRIES:
        raise InputError(f"--retries {flags.retries}: write 1 to {MOST_RETRIES}")
    if flags.address is not None and flags.engine != "ray":
        raise InputError("--address: is for --engine ray")


def _engine(flags: AtlasFlags, local: LocalEngine) -> Engine:
    """Return who draws: the workers that are there, or a Ray cluster.

    Raises:
        InputError: if Ray is not installed, or there is no such cluster.
    """
    if flags.engine == "local":
        return local
    # A worker that has looked something up is not needed any more.
    local.close()
    return RayEngine(flags.address, flags.workers)


def show_bar(standing: Standing, news: Iterable[News]) -> None:
    """Show a sweep as one bar: how many are done, in work and failed, how fast, how long yet."""
    console = Terminal(soft_wrap=True)
    bar = StepBar(
        MofNCompleteColumn(),
        BarColumn(24),
        TextColumn("{task.fields[in_work]} in work"),
        TextColumn("{task.fields[failed]} failed"),
        TextColumn("{task.fields[tiles_a_minute]:.1f} tiles/min"),
        LeftColumn(),
        console=console,
    )
    with bar:
        task = bar.add_task("", total=standing.all, completed=standing.done, **_fields(standing))
        for each in news:
            now = each.standing
            bar.step(task, now.done, **_fields(now))
            if each.kind == "failed":
                console.print(f"{each.title}: {each.error}")


def _fields(standing: Standing) -> dict[str, Any]:
    return {
        "in_work": standing.in_work,
        "failed": standing.failed,
        "tiles_a_minute": standing.tiles_a_minute,
    }


def show_lines(standing: Standing, news: Iterable[News]) -> None:
    """Print what happens as lines of JSON."""
    for each in news:
        if each.kind != "waiting":
            table = {"event": each.kind, **asdict(each.standing)}
            table |= {"key": each.key, "title": each.title} if each.key else {}
            table |= {"error": each.error} if each.error else {}
            print(json.dumps(table), flush=True)


def _end(sweep: Sweep, shard: Shard, what: Sequence[str], flags: AtlasFlags) -> int:
    """Make the page, and print what came of a sweep; return the exit code."""
    tell: Callable[[str], None] = (lambda words: None) if flags.json else _print
    standing = sweep.standing
    if shard.of == 1:
        page = write_page(flags.out)
        if flags.json:
            print(json.dumps({"event": "page", "path": str(page)}), flush=True)
        tell(f"{standing.done} of {counted(standing.all, 'tile')}: {page}")
    else:
        tell(
            f"{standing.done} of {counted(standing.all, 'tile')} of shard {shard.index}/{shard.of}"
        )
        tell(f"when all shards are done: {command()} atlas page {shell_word(flags.out)}")
    if sweep.left:
        tell("stopped; go on with")
        tell(f"  {command_of(what, flags)}")
        return INTERRUPTED
    if sweep.failed:
        tell(f"{counted(len(sweep.failed), 'tile')} failed: {flags.out / FAILED} says why")
        return FAILURES
    return 0


def _print(words: str) -> None:
    Terminal(soft_wrap=True).print(words)


def command_of(what: Sequence[str], flags: AtlasFlags) -> str:
    """Return the command that asks for the same atlas."""
    words = [*what]
    usual = AtlasFlags()
    for field in fields(flags):
        value = getattr(flags, field.name)
        if value == getattr(usual, field.name):
            continue
        values = value if isinstance(value, list) else [value]
        for each in values:
            words += [f"--{field.name}"] if each is True else [f"--{field.name}", str(each)]
    return " ".join([command(), "atlas", *map(shell_word, words)])
