"""Shell completion: a script by which Tab completes verbs and flags."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cyclopts import App
from cyclopts.completion.detect import ShellDetectionError, detect_shell
from cyclopts.completion.install import (
    add_to_rc_file,
    get_default_completion_path,
    powershell_profile,
)

from inkdream.cli.terminal import Terminal
from inkdream.errors import InputError
from inkdream.storage import write_whole

Shell = Literal["bash", "zsh", "fish", "powershell"]


def install(
    app: App, shell: Shell | None, output: Path | None, *, startup: bool, force: bool
) -> int:
    """Write the script for a shell, and say which files were written or changed.

    Args:
        app: whose verbs and flags are completed.
        shell: the one that runs this if it is not said.
        output: where the script goes; where the shell looks for it if it is not said.
        startup: also have the shell's startup file load it.
        force: write over another script that is there.

    Raises:
        InputError: if the shell is unknown, or another script is there.
        RunError: if the script cannot be written.
    """
    try:
        shell = shell or detect_shell()
    except ShellDetectionError as error:
        raise InputError(
            "--install-completion: which shell is this? Say --shell bash, zsh, fish or powershell"
        ) from error
    path = (output or get_default_completion_path(shell, app.name[0])).absolute()
    script = app.generate_completion(shell=shell)
    if path.exists() and not force and path.read_bytes() != script.encode():
        raise InputError(f"{path}: is there already; --force writes over it, --output elsewhere")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, script)
    console = Terminal(soft_wrap=True)
    console.print(f"wrote {path}")
    if startup and shell != "fish":
        file = powershell_profile() if shell == "powershell" else Path.home() / f".{shell}rc"
        changed = add_to_rc_file(path, app.name[0], shell)
        console.print(f"changed {file}" if changed else f"{file} loads it already")
    elif shell == "zsh":
        console.print(
            f"~/.zshrc loads it by this line, before compinit: fpath=({path.parent} $fpath)"
        )
    elif shell == "powershell":
        console.print(f"your profile is to have: . '{path}'")
    console.print("a new shell completes inkdream's verbs and flags")
    return 0
