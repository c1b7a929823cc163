"""The files of a CLIP: in a folder, in the Hugging Face cache, or fetched from the hub into it.

What is on this machine is used as it is, and nobody is asked. Weights are read from safetensors
alone: other files of weights can run code.
"""

from __future__ import annotations

import importlib
import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkdream.errors import InputError, shorten
from inkdream.extras import how_to_install
from inkdream.networks.weights import digest, run_watched, total_size

CONFIG, WEIGHTS = "config.json", "model.safetensors"
# What a tokeniser is made from: one file, or two.
TOKENISERS = (("tokenizer.json",), ("vocab.json", "merges.txt"))
OPTIONAL = ("preprocessor_config.json", "tokenizer_config.json", "special_tokens_map.json")
# Weights that Python's pickle reads.
PICKLE = "pytorch_model.bin"
# Where the safetensors are of models that have none on their main branch: in the hub's own
# conversions, which are requests that nobody merged.
REVISIONS = {"openai/clip-vit-base-patch32": "refs/pr/15"}
# A hub that says nothing for so many seconds is given up, whatever it was asked.
SILENCE = 30.0
TRIES = 3


@dataclass(frozen=True)
class ClipFiles:
    """Where a CLIP's files are.

    Attributes:
        folder: holds config.json, the tokeniser's files and, maybe, preprocessor_config.json.
        weights: the safetensors file.
    """

    folder: Path
    weights: Path

    def digest(self) -> str:
        """Return the sha256 of the weights; the cache's file must have the one of its name.

        Raises:
            InputError: if it has another: the file is damaged.
        """
        sha256, name = digest(self.weights), self.weights.resolve().name
        if re.fullmatch("[0-9a-f]{64}", name) and name != sha256:
            raise InputError(
                f"{self.weights}: is damaged (its sha256 is {sha256[:12]}…, not {name[:12]}…); "
                "delete it, and it is fetched again"
            )
        return sha256


def find_files(model: str) -> ClipFiles:
    """Return where a model's files are; fetch them where they are not on this machine.

    Args:
        model: a folder; or a name on the Hugging Face hub, with @REVISION if it is not the usual.

    Raises:
        InputError: if files are missing, or the hub does not have them or does not answer.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        _check_folder(folder)
        return ClipFiles(folder, folder / WEIGHTS)
    name, _, revision = model.partition("@")
    revision = revision or REVISIONS.get(name, "main")
    hub = import_text("huggingface_hub")
    # Nobody is told who fetches what with what.
    _constants().HF_HUB_DISABLE_TELEMETRY = True
    if not (files := _cached(hub, name, revision)):
        _fetch(hub, name, revision)
        files = _cached(hub, name, revision)
    if not files:
        raise InputError(f"{model}: came from the hub, but is not in its cache")
    return files


def import_text(module: str) -> Any:
    """Return a module of the extra `text`.

    Raises:
        InputError: if it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != module:
            raise InputError(f"{module} cannot be imported: {error}") from error
        raise InputError(
            f"{module} is not installed, which words need; to add it: {how_to_install('text')}"
        ) from error
    except (ImportError, RuntimeError) as error:
        raise InputError(f"{module} cannot be imported ({shorten(str(error), 160)})") from error


def _constants() -> Any:
    return importlib.import_module("huggingface_hub.constants")


def _in_cache(name: str) -> Path:
    return Path(_constants().HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"


def _check_folder(folder: Path) -> None:
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder}: is no model's folder (it has no {CONFIG})")
    if not (folder / WEIGHTS).is_file():
        pickle = next((path.name for path in sorted(folder.glob("*.bin"))), "")
        raise InputError(f"{folder}: {_without_weights(pickle)}")
    if not _is_described(folder):
        raise InputError(f"{folder}: has no tokeniser (tokenizer.json, or vocab.json, merges.txt)")


def _is_described(folder: Path) -> bool:
    """Return whether a folder has a configuration and a tokeniser."""
    tokenisers = (all((folder / name).is_file() for name in names) for names in TOKENISERS)
    return (folder / CONFIG).is_file() and any(tokenisers)


def _without_weights(pickle: str) -> str:
    if not pickle:
        return f"has no {WEIGHTS}"
    return (
        f"has no {WEIGHTS}, only {pickle}: a pickle, which can run code and is not read; take "
        "a model with safetensors, such as laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
    )


def _cached(hub: Any, name: str, revision: str) -> ClipFiles | None:
    """Return a model's files as they lie in the cache; None if one is missing.

    Weights that were converted lie in another snapshot than the rest; any will do, for the
    certificate tells which they were.
    """
    try:
        config = hub.try_to_load_from_cache(name, CONFIG, revision=revision)
    except ValueError as error:
        raise InputError(f"{shorten(name)!r} is no folder, and no model's name") from error
    snapshots = [Path(config).parent] if isinstance(config, str) else []
    # Whoever names a revision wants that one.
    if revision in ("main", REVISIONS.get(name)):
        snapshots += sorted((_in_cache(name) / "snapshots").glob("*"))
    folder = next((path for path in snapshots if _is_described(path)), None)
    weights = next((path / WEIGHTS for path in snapshots if (path / WEIGHTS).is_file()), None)
    return ClipFiles(folder, weights) if folder and weights else None


def _fetch(hub: Any, name: str, revision: str) -> None:
    """Fetch a model's files into the cache.

    Raises:
        InputError: if the hub has them not, or says nothing for `SILENCE` seconds.
    """
    try:
        run_watched(
            lambda: _fetch_all(hub, name, revision),
            lambda: total_size((_in_cache(name) / "blobs").glob("*")),
            SILENCE,
        )
    except Exception as error:
        raise _explained(hub, name, revision, error) from error


def _fetch_all(hub: Any, name: str, revision: str) -> None:
    log = logging.getLogger("huggingface_hub")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        # Models without safetensors are noticed before anything is fetched.
        _ask(hub, name, revision)
        optional = [file for names in TOKENISERS for file in names]
        for file in (CONFIG, *optional, *OPTIONAL, WEIGHTS):
            try:
                hub.hf_hub_download(name, file, revision=revision)
            except hub.errors.LocalEntryNotFoundError:
                raise
            except hub.errors.EntryNotFoundError:
                if file in (CONFIG, WEIGHTS):
                    raise
    finally:
        log.setLevel(level)


def _ask(hub: Any, name: str, revision: str) -> None:
    """Ask the hub whether it has a model's weights, a few times if need be."""
    url, errors = hub.hf_hub_url(name, WEIGHTS, revision=revision), hub.errors
    for trial in range(1, TRIES + 1):
        try:
            hub.get_hf_file_metadata(url, timeout=SILENCE / TRIES)
            return
        except Exception as error:
            # To ask again changes nothing where these are the answer.
            answers = (
                *(errors.RepositoryNotFoundError, errors.RevisionNotFoundError),
                *(errors.EntryNotFoundError, errors.OfflineModeIsEnabled),
            )
            if trial == TRIES or isinstance(error, answers):
                raise
            time.sleep(1)


def _explained(hub: Any, name: str, revision: str, error: Exception) -> InputError:
    errors = hub.errors
    if isinstance(error, errors.RepositoryNotFoundError):
        return InputError(f"{name}: the Hugging Face hub has no such model for everybody to read")
    if isinstance(error, errors.RevisionNotFoundError):
        return InputError(f"{name}: has no revision {shorten(revision)!r} on the Hugging Face hub")
    unanswered = isinstance(error, errors.LocalEntryNotFoundError)
    if isinstance(error, errors.EntryNotFoundError) and not unanswered:
        return InputError(f"{name}@{revision}: {_without_weights(PICKLE)}")
    reason = str(error.__cause__ or error) or type(error).__name__
    at = "" if revision == "main" else f" --revision {revision}"
    files = " ".join((CONFIG, WEIGHTS, *TOKENISERS[0], OPTIONAL[0]))
    return InputError(
        f"{name}: is not on this machine, and the Hugging Face hub does not answer "
        f"({shorten(reason, 120)}). Where there is a connection, run: hf download {name}{at} "
        f"{files}; or name a folder with these files as the term's model"
    )
