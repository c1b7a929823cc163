"""CLIP: a network that embeds pictures and words in one space.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021. Files
come from a folder, the Hugging Face cache or, if neither has them, the hub. Only safetensors are
read: other files of weights can run code.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream.errors import InputError, shorten
from inkdream.networks.base import Layer, SrgbNetwork, Window, fit_into
from inkdream.networks.vision import import_models
from inkdream.networks.weights import digest, read_tensors, run_watched, total_size
from inkdream.wording import how_to_install

# The layer in which pictures and words meet.
PICTURE = "picture"
# Of the pictures that the first models were trained on, in sRGB; others say theirs in a file.
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)


class Clip(SrgbNetwork):
    """The image encoder of a CLIP with a vision transformer.

    Layer `picture` is the embedding of the whole picture, (V, D, 1, 1), of unit length, to be
    compared with that of words (`embed`). Layers `block_1`, `block_2` ... are the outputs of the
    transformer's blocks: maps of D channels, one place a patch.

    Pictures are resized to the encoder's size (mostly 224 px a side) in sRGB, bicubic, as in
    training; others than squares are padded with grey, and the blocks' maps cut to the picture.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, name: str, model: str) -> None:
        """Load the image encoder of a model: a folder, or a name on the Hugging Face hub.

        Raises:
            InputError: if the model cannot be loaded, or is no CLIP.
        """
        super().__init__()
        self.name = name
        self.files = find_files(model)
        table = _table(self.files.folder / CONFIG)
        if table.get("model_type") != "clip":
            raise InputError(f"{model}: is no CLIP, but a {shorten(str(table.get('model_type')))}")
        self.digest = self.files.digest()
        with _quiet() as library:
            config = _read_config(library, table, self.files.folder)
            prefixes = ("vision_model.", "visual_projection.")
            kind = library.CLIPVisionModelWithProjection
            encoder = _load(kind, config.vision_config, self.files.weights, prefixes)
        self.vision, self.projection = encoder.vision_model, encoder.visual_projection
        self.blocks = self.vision.encoder.layers
        self.side = int(config.vision_config.image_size)
        self.layers = _describe(config, len(self.blocks))
        mean, deviation = _statistics(self.files.folder)
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self._config = config
        self._embedded: dict[str, Tensor] = {}
        self._words: Words | None = None
        self.freeze()

    def look_srgb(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return embeddings and blocks' outputs; `leak` changes nothing, as there are no ReLUs."""
        # All words are known by the time that pictures are looked at.
        self._words = None
        wanted = [self.layer(name).name for name in layers]
        depth = max((self._depth(name) for name in wanted), default=0)
        # The encoder runs the blocks that it has: those that are needed.
        self.vision.encoder.layers = self.blocks[:depth]
        every = any(name != PICTURE for name in wanted)
        values, window = self.pixels(pictures)
        out = self.vision(values, output_hidden_states=every)
        self.vision.encoder.layers = self.blocks
        seen: dict[str, Tensor] = {}
        for name in wanted:
            if name == PICTURE:
                embedded = F.normalize(self.projection(out.pooler_output), dim=1)
                seen[name] = embedded[:, :, None, None]
            else:
                # The first token stands for the whole picture, the others for its patches.
                patches = out.hidden_states[self._depth(name)][:, 1:].transpose(1, 2)
                grid = patches.unflatten(2, (round(patches.shape[2] ** 0.5), -1))
                seen[name] = window.cut(grid)
        return seen

    def pixels(
        self, pictures: Float[Tensor, "V 3 H W"]
    ) -> tuple[Float[Tensor, "V 3 side side"], Window]:
        """Return pictures in sRGB as the encoder's input, and where they lie in it."""
        # 0.5 is the grey in the middle of sRGB.
        fitted, window = fit_into(pictures, (self.side, self.side), "bicubic")
        fitted = (fitted - self.mean) / self.deviation
        return fitted.contiguous(memory_format=torch.channels_last), window

    def embed(self, words: str) -> Float[Tensor, " D"]:
        """Return the embedding of words, of unit length.

        The text encoder is loaded for it, and dropped when pictures are looked at.

        Raises:
            InputError: if there are no words, or more than CLIP reads.
        """
        check_words(words)
        if words not in self._embedded:
            with _quiet() as library:
                self._words = self._words or Words(library, self._config, self.files)
                self._embedded[words] = self._words.embed(words)
        return self._embedded[words]

    def _depth(self, layer: str) -> int:
        return len(self.blocks) if layer == PICTURE else int(layer.rpartition("_")[2])


class Words:
    """The text encoder of a CLIP, with its tokeniser."""

    def __init__(self, library: Any, config: Any, files: ClipFiles) -> None:
        """Load it with transformers.

        Raises:
            InputError: if the files are not those of a CLIP.
        """
        try:
            self.tokeniser = library.CLIPTokenizerFast.from_pretrained(
                str(files.folder), local_files_only=True
            )
        except Exception as error:
            reason = shorten(str(error), 120)
            raise InputError(f"{files.folder}: its tokeniser cannot be read ({reason})") from error
        prefixes = ("text_model.", "text_projection.")
        kind = library.CLIPTextModelWithProjection
        self.encoder = _load(kind, config.text_config, files.weights, prefixes)
        self.most = int(config.text_config.max_position_embeddings)

    @torch.no_grad()
    def embed(self, words: str) -> Float[Tensor, " D"]:
        """Return the embedding of words, of unit length.

        Raises:
            InputError: if they are more tokens than the encoder reads.
        """
        tokens = self.tokeniser(words)["input_ids"]
        if len(tokens) > self.most:
            # A token marks the beginning, and one the end.
            raise InputError(
                f"words {shorten(words, 40)!r} are {len(tokens) - 2} tokens; CLIP reads at most "
                f"{self.most - 2} (a short word is one): say less, or say it in two terms"
            )
        embedded = self.encoder(input_ids=torch.tensor([tokens])).text_embeds
        return F.normalize(embedded, dim=1)[0]


def check_words(words: str) -> None:
    """Raise InputError if words hold no letter, digit or symbol."""
    if not any(unicodedata.category(sign)[0] in "LNS" for sign in words):
        raise InputError(f"words {shorten(words)!r}: there is nothing to draw in them")


@contextmanager
def _quiet() -> Iterator[Any]:
    """Yield the module transformers, with its warnings and progress bars off."""
    if importlib.util.find_spec("torchvision"):
        import_models()  # transformers imports it if it is there; this way it can
    library = import_text("transformers")
    logs = importlib.import_module("transformers.utils.logging")
    level, shows = logs.get_verbosity(), logs.is_progress_bar_enabled()
    logs.set_verbosity_error()
    logs.disable_progress_bar()
    try:
        yield library
    finally:
        logs.set_verbosity(level)
        if shows:
            logs.enable_progress_bar()


def _table(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read ({shorten(str(error), 120)})") from error
    if not isinstance(table, dict):
        raise InputError(f"{path}: holds no table")
    return table


def _read_config(library: Any, table: dict[str, Any], folder: Path) -> Any:
    try:
        config = library.CLIPConfig.from_dict(table)
        # Some files say it at the top alone.
        for part in (config.vision_config, config.text_config):
            part.projection_dim = config.projection_dim
    except Exception as error:
        reason = shorten(str(error), 120)
        raise InputError(f"{folder / CONFIG}: is not that of a CLIP ({reason})") from error
    return config


def _load(kind: Any, config: Any, path: Path, prefixes: tuple[str, ...]) -> Any:
    """Return one of a CLIP's two encoders, with the weights whose names begin with `prefixes`."""
    tensors, _ = read_tensors(path, prefixes)
    for name in tensors:
        # One by one, or a model in 16 bits is in memory twice.
        tensors[name] = tensors[name].float()
    try:
        # Not by the name of a folder: nothing but these tensors is to be looked for.
        encoder = kind.from_pretrained(None, config=config, state_dict=tensors).float()
    except Exception as error:
        reason = shorten(str(error), 120)
        raise InputError(f"{path}: does not fit {CONFIG} ({reason})") from error
    if missing := sorted(encoder.state_dict().keys() - tensors.keys()):
        raise InputError(f"{path}: lacks {missing[0]}, and so is no CLIP's")
    return encoder.eval().requires_grad_(False)


def _statistics(folder: Path) -> tuple[Tensor, Tensor]:
    """Return mean and deviation (3, 1, 1) of the normalisation in sRGB."""
    path = folder / "preprocessor_config.json"
    table = _table(path) if path.is_file() else {}
    tensors = []
    for key, usual in (("image_mean", MEAN), ("image_std", DEVIATION)):
        values = table.get(key, usual)
        if not (isinstance(values, list | tuple) and len(values) == 3):
            raise InputError(f"{path}: {key} is not three numbers")
        tensors.append(torch.tensor([float(value) for value in values])[:, None, None])
    return tensors[0], tensors[1]


def _describe(config: Any, count: int) -> tuple[Layer, ...]:
    """Return the layers."""
    stride, width = int(config.vision_config.patch_size), int(config.vision_config.hidden_size)
    blocks = [Layer(f"block_{number}", width, stride, 0) for number in range(1, count + 1)]
    return (*blocks, Layer(PICTURE, int(config.projection_dim), 0, 0))


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
    """A CLIP's files.

    Attributes:
        folder: holds config.json, the tokeniser's files and, maybe, preprocessor_config.json.
        weights: the safetensors file.
    """

    folder: Path
    weights: Path

    def digest(self) -> str:
        """Return the sha256 of the weights.

        Raises:
            InputError: if a cached file does not have the sha256 of its name.
        """
        sha256, name = digest(self.weights), self.weights.resolve().name
        if re.fullmatch("[0-9a-f]{64}", name) and name != sha256:
            raise InputError(
                f"{self.weights}: is damaged (its sha256 is {sha256[:12]}…, not {name[:12]}…); "
                "delete it, and it is fetched again"
            )
        return sha256


def find_files(model: str) -> ClipFiles:
    """Return a model's files, downloading them if they are not on this machine.

    Args:
        model: a folder, or a name on the Hugging Face hub, with @REVISION if not the usual one.

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
    """Return a model's files in the cache, None if one is missing; any snapshot's weights do."""
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
    """Download a model's files into the cache; raise InputError if the hub fails."""
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
    """Ask the hub whether it has a model's weights, up to `TRIES` times."""
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
