"""CLIP: a network for which pictures, and words about them, are points in one space.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.errors import InputError, shorten
from inkdream.networks.base import Layer, Network
from inkdream.networks.clip_files import CONFIG, ClipFiles, find_files, import_text
from inkdream.networks.fitting import Window, fit_into
from inkdream.networks.vision import import_models
from inkdream.networks.weights import read_tensors

# The layer in which pictures and words meet.
PICTURE = "picture"
# Of the pictures that the first models were trained on, in sRGB; others say theirs in a file.
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)


class Clip(Network):
    """The image encoder of a CLIP with a vision transformer.

    Its layer `picture` is the embedding of the whole picture, (V, D, 1, 1), of unit length; the
    embedding of words, by `embed`, is to be compared with it. `block_1`, `block_2` ... are what
    the transformer's blocks put out, a map of D channels with one place for each patch.

    Pictures are brought to the encoder's size (224 px a side, mostly) in sRGB and by bicubic
    interpolation, as its training did. One that is no square lies in the middle of grey: shapes
    keep their form, and the blocks' maps are cut to the places that see the picture.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, name: str, model: str) -> None:
        """Load the image encoder of a model: a folder, or a name on the Hugging Face hub.

        Raises:
            InputError: if the model cannot be had, or is no CLIP.
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

    def look(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return embeddings of pictures, and what blocks put out; no ReLUs leak, there are none."""
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
        """Return pictures in linear RGB as the encoder takes them, and where they lie in that."""
        values = colour.linear_to_srgb(pictures)
        # 0.5 is the grey in the middle of sRGB.
        fitted, window = fit_into(values, (self.side, self.side), "bicubic", 0.5)
        fitted = (fitted - self.mean) / self.deviation
        return fitted.contiguous(memory_format=torch.channels_last), window

    def embed(self, words: str) -> Float[Tensor, " D"]:
        """Return the embedding of words, of unit length.

        The text encoder is loaded for it, and dropped when pictures are looked at.

        Raises:
            InputError: if the words are none, or more than CLIP reads.
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
        """Load it with the module transformers.

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
    """Raise InputError if words hold nothing that can be drawn: no letter, digit or symbol."""
    if not any(unicodedata.category(sign)[0] in "LNS" for sign in words):
        raise InputError(f"words {shorten(words)!r}: there is nothing to draw in them")


@contextmanager
def _quiet() -> Iterator[Any]:
    """Yield the module transformers, which says nothing but errors meanwhile.

    Raises:
        InputError: if it is not installed.
    """
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
    """Return one of a CLIP's two encoders with its weights, whose names begin with prefixes."""
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
    """Return the mean and deviation of sRGB that pictures are normalised by, (3, 1, 1)."""
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
    """Return the layers; any place of a block's map has seen all of the picture."""
    stride, width = int(config.vision_config.patch_size), int(config.vision_config.hidden_size)
    blocks = [Layer(f"block_{number}", width, stride, 0) for number in range(1, count + 1)]
    return (*blocks, Layer(PICTURE, int(config.projection_dim), 0, 0))
