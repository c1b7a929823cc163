"""What an unfinished run keeps in its folder: its state, and the drawing so far.

A checkpoint is the whole state in one safetensors file, so that no two files can disagree.

Tensors are stored as tensors; everything else as JSON in the same file's header. Nothing here
can run code on loading, which pickle would.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from inkdream import pictures
from inkdream.drawing import Drawing, PixelDrawing, StrokeDrawing
from inkdream.errors import InputError
from inkdream.formats.svg import to_svg, without_unseen
from inkdream.optimize.session import Session
from inkdream.plot.finish import finished
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.optimise import optimise
from inkdream.recipe import Recipe, title_of
from inkdream.recipe.carry import carrying
from inkdream.run.outputs import to_rgb
from inkdream.run.plot_files import provenance, write_plotted
from inkdream.storage import (
    CERTIFICATE_MD,
    DRAWING,
    RECIPE,
    RUNNING,
    STATE,
    STOPPED,
    SVG,
    write_whole,
)
from inkdream.wording import shell_word

FORMAT = "inkdream-checkpoint-2"
# Of versions before: their steps were taken by another optimiser, whose state says nothing here.
EARLIER = ("inkdream-checkpoint-1",)
_TENSOR = "tensor:"


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a nested state of tensors, numbers, strings, lists and dictionaries.

    Beside it, `path` with the suffix .json says the same without the tensors, for people.

    Raises:
        RunError: if the file cannot be written; the one that was there stays.
    """
    tensors: dict[str, Tensor] = {}
    outline = _outline(state, "", tensors)
    header = {"format": FORMAT, "state": json.dumps(outline)}
    write_whole(path, save(tensors, metadata=header))
    shapes = {name: [str(t.dtype), *t.shape] for name, t in tensors.items()}
    readable = {"format": FORMAT, "state": outline, "tensors": shapes}
    write_whole(path.with_suffix(".json"), json.dumps(readable, indent=2) + "\n")


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote.

    Raises:
        InputError: if the file is missing, cut short, damaged or of another kind.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no checkpoint; nothing to go on from")
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            if header.get("format") in EARLIER:
                raise InputError(
                    f"{path}: was written by an earlier version of inkdream, whose steps this one "
                    "cannot go on with; the same recipe can be begun again: inkdream draw "
                    f"{shell_word(path.with_name(RECIPE))}"
                )
            if header.get("format") != FORMAT:
                raise InputError(f"{path}: is not a checkpoint of this program ({FORMAT})")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        state = _restore(json.loads(header["state"]), tensors)
    except (SafetensorError, OSError, ValueError, KeyError, RecursionError) as error:
        raise InputError(f"{path}: is damaged or cut short ({error})") from error
    if not isinstance(state, dict):
        raise InputError(f"{path}: is damaged (its state is not a table)")
    return state


def _outline(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """Return `value` with each tensor replaced by its name, and the tensors put in `tensors`."""
    if isinstance(value, Tensor):
        # A copy of its own: safetensors refuses tensors that share memory.
        tensors[name] = value.detach().to("cpu", copy=True).contiguous()
        return _TENSOR + name
    if isinstance(value, Mapping):
        return {
            str(key): _outline(item, f"{name}.{key}".strip("."), tensors)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_outline(item, f"{name}.{i}".strip("."), tensors) for i, item in enumerate(value)]
    if isinstance(value, str) and value.startswith(_TENSOR):
        raise ValueError(f"{name}: text in a checkpoint cannot begin with {_TENSOR!r}")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{name}: a {type(value).__name__} cannot stand in a checkpoint")


def _restore(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, str) and value.startswith(_TENSOR):
        return tensors[value.removeprefix(_TENSOR)]
    if isinstance(value, dict):
        return {key: _restore(item, tensors) for key, item in value.items()}
    if isinstance(value, list):
        return [_restore(item, tensors) for item in value]
    return value


def all_finite(state: Any) -> bool:
    """Return whether no floating tensor of a nested state has a NaN or an infinity."""
    if isinstance(state, Tensor):
        return not state.is_floating_point() or bool(torch.isfinite(state).all())
    if isinstance(state, dict):
        return all(all_finite(item) for item in state.values())
    if isinstance(state, list):
        return all(all_finite(item) for item in state)
    return True


def write_drawing(folder: Path, session: Session, score: float | None, *, stopped: bool) -> None:
    """Write the strict drawing of the step at hand, which says of which step it is.

    Pixels leave drawing.png, strokes also drawing.svg. While a study is made, it is the drawing
    that would begin from it now. certificate.md tells people that the run is not finished.

    Args:
        folder: the run's.
        session: as far as it has come; not changed.
        score: the strict one that was measured last, if any was.
        stopped: whether the run ends here for now: then strokes are put in a good order too.

    Raises:
        RunError: if a file cannot be written.
    """
    words = f"step {session.done} of {session.total_steps}"
    drawing, recipe = session.so_far(), session.recipe
    png = _png(drawing, f"not finished: {words}")
    write_whole(folder / DRAWING, carrying(png, recipe))
    if isinstance(drawing, StrokeDrawing):
        write_whole(folder / SVG, _svg(drawing, recipe, words, in_order=stopped))
        write_plotted(folder, drawing.kept.plots.plotted if drawing.kept else None)
    write_whole(folder / CERTIFICATE_MD, _markdown(folder, recipe, words, score))


def write_state(
    folder: Path, session: Session, drawing_step: int, facts: Mapping[str, Any], *, stopped: bool
) -> None:
    """Write state.json: where a run that is not finished stands, for programs.

    Args:
        folder: the run's.
        session: as far as it has come: as its checkpoint.
        drawing_step: of the drawing that is there.
        facts: what else is known.
        stopped: whether the run ends here for now.

    Raises:
        RunError: if the file cannot be written.
    """
    state = {
        "state": STOPPED if stopped else RUNNING,
        "stage": session.name,
        "step": session.done,
        "drawing_step": drawing_step,
        "steps": session.total_steps,
        **facts,
    }
    write_whole(folder / STATE, json.dumps(state, indent=2) + "\n")


@torch.no_grad()
def _png(drawing: Drawing, note: str) -> bytes:
    if isinstance(drawing, PixelDrawing):
        return pictures.indexed_png(drawing.inked().tidy(), note)
    return pictures.rgb_png(to_rgb(drawing.image(0.0).cpu()), note)


def _svg(drawing: StrokeDrawing, recipe: Recipe, words: str, *, in_order: bool) -> str:
    plot = drawing.plot(
        lambda plot: optimise(without_unseen(plot)) if in_order else without_unseen(plot)
    )
    plot = without_unseen(plot)
    plot = finished(plot, recipe.finish, recipe.box)
    facts = provenance(recipe, estimate(plot, machine(recipe.plot.machine)))
    return to_svg(plot, {**facts, "state": f"not finished: {words}"})


def _markdown(folder: Path, recipe: Recipe, words: str, score: float | None) -> str:
    measured = "" if score is None else f" It scores about {score:.4g} there."
    return (
        f"# {title_of(recipe)}: not finished\n\n"
        f"![drawing]({DRAWING})\n\n"
        f"This is the drawing of {words}.{measured} To go on:\n\n"
        f"    inkdream resume {shell_word(folder)}\n"
    )
