"""A `.pt2` file of torch.export, read as JSON and tensors.

torch.export.load is not safe for files from elsewhere: it unpickles (tensors of subclasses,
objects, sample inputs), loads compiled libraries, evaluates sizes as Python, and calls whatever of
torch a node names. Here what would have to be unpickled is refused, and unneeded parts are not
read.

Layout: torch/csrc/export/pt2_archive_constants.h; JSON: torch/_export/serde/schema.py. Up to
version 2.7 torch wrote the same JSON into another layout, with tensors in files of torch.save.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import torch
from torch import Tensor

from inkdream.errors import InputError, shorten
from inkdream.networks.weights import read_tensors

# The major version of the JSON's schema, since torch 2.5.
SCHEMA = 8
MOST_JSON = 2**28
# torch's own numbers for types (schema.ScalarType), as far as pictures and weights need them.
TYPES: Mapping[int, torch.dtype] = {
    1: torch.uint8,
    2: torch.int8,
    3: torch.int16,
    4: torch.int32,
    5: torch.int64,
    6: torch.float16,
    7: torch.float32,
    8: torch.float64,
    12: torch.bool,
    13: torch.bfloat16,
}
_STRIDED = 7
# Where each layout has its JSON and its tensors.
_MODEL, _CONFIG = "models/{}.json", "data/{0}/{1}_{0}_config.json"
_OLD_MODEL = "serialized_exported_program.json"
_OLD_PARTS = ("serialized_state_dict.pt", "serialized_constants.pt")


@dataclass(frozen=True)
class Program:
    """The contents of an archive.

    Attributes:
        nodes: of the graph, in order, as JSON.
        tensors: parameters, buffers and constants, by their names in the graph.
        names: their names in the exported module, by their names in the graph.
        picture: the name of the input in the graph.
        shape: of the input, (V, C, h, w); None for any number.
        dtype: of the input.
        outputs: the names of its output tensors, by the path to each: "" for a single one, else
            numbers, or names that the exported module gave them.
    """

    nodes: tuple[Mapping[str, Any], ...]
    tensors: Mapping[str, Tensor]
    names: Mapping[str, str]
    picture: str
    shape: tuple[int | None, ...]
    dtype: torch.dtype
    outputs: Mapping[str, str]


def read_program(path: Path) -> Program:
    """Return the program in a `.pt2` file.

    Raises:
        InputError: if the file is none, is damaged, would have to be unpickled, or takes
            anything but a picture.
    """
    try:
        with ZipFile(path) as file:
            return _read(file)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except Exception as error:
        # Every part of a damaged file can be wrong in its own way.
        text = shorten(f"{type(error).__name__}: {error}", 120)
        raise InputError(f"{path}: cannot be read as torch.export's .pt2 ({text})") from error


def _read(file: ZipFile) -> Program:
    names = file.namelist()
    if _OLD_MODEL in names:
        table = _json(file, _OLD_MODEL)
        tensors = {
            name: tensor for part in _OLD_PARTS for name, tensor in _saved(file, part).items()
        }
    else:
        root = names[0].split("/")[0] + "/"
        models = [name for name in names if name.startswith(f"{root}models/")]
        if len(models) != 1:
            raise InputError(f"holds {len(models)} programs of torch.export, where one is needed")
        model = models[0].removeprefix(f"{root}models/").removesuffix(".json")
        table = _json(file, root + _MODEL.format(model))
        tensors = {
            **_raw(file, root, "weights", model),
            **_raw(file, root, "constants", model),
        }
    if table["schema_version"]["major"] != SCHEMA:
        raise InputError(
            f"was written by torch {table.get('torch_version', '?')}, in a form that is not known "
            "here; export it again with the torch that runs inkdream"
        )
    return _program(table["graph_module"], tensors)


def _program(module: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Program:
    graph, names, pictures = module["graph"], {}, []
    for spec in module["signature"]["input_specs"]:
        ((kind, what),) = spec.items()
        if kind == "user_input":
            pictures.append(what["arg"].get("as_tensor", {}).get("name"))
        elif kind in ("parameter", "buffer", "tensor_constant"):
            names[what["arg"]["name"]] = what[f"{kind}_name"]
        elif kind != "constant_input":
            raise InputError(f"needs a {kind.replace('_', ' ')}; only tensors are read")
    if len(pictures) != 1 or pictures[0] is None:
        raise InputError(f"takes {len(pictures)} inputs, where one, a picture, is needed")
    meta = graph["tensor_values"][pictures[0]]
    shape = tuple(size.get("as_int") for size in meta["sizes"])
    if len(shape) != 4 or shape[1] not in (1, 3, None):
        sizes = " x ".join("any" if size is None else str(size) for size in shape)
        raise InputError(
            f"takes {sizes}, where pictures are views x 3 x height x width, or grey, views x 1"
        )
    dtype = TYPES.get(meta["dtype"], torch.bool)
    if not dtype.is_floating_point:
        raise InputError("takes pictures of whole numbers, through which no gradient flows")
    return Program(
        tuple(graph["nodes"]),
        {key: tensors[name] for key, name in names.items()},
        names,
        pictures[0],
        shape,
        dtype,
        _outputs(module),
    )


def _outputs(module: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of a program's output tensors, by the path to each."""
    names = [
        spec["user_output"]["arg"].get("as_tensor", {}).get("name", "")
        for spec in module["signature"]["output_specs"]
        if "user_output" in spec
    ]
    if len(names) == 1:
        return {"": names[0]} if names[0] else {}
    keys = [str(number) for number in range(len(names))]
    try:
        (whole,) = (call for call in module["module_call_graph"] if not call["fqn"])
        tree = json.loads(whole["signature"]["out_spec"])
        leaves = list(_leaves(tree[1]))
        keys = leaves if len(leaves) == len(names) else keys
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError):
        pass  # a tree of another kind: parts go by their numbers
    return {key: name for key, name in zip(keys, names, strict=True) if name}


def _leaves(tree: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the path to each leaf of torch's description of nested values (its TreeSpec)."""
    parts = tree["children_spec"]
    if not tree["type"]:
        yield path
        return
    context = json.loads(tree["context"]) if tree["type"].endswith("dict") else None
    keys = context if isinstance(context, list) else range(len(parts))
    for key, part in zip(keys, parts, strict=True):
        yield from _leaves(part, f"{path}.{key}" if path else str(key))


def _json(file: ZipFile, name: str) -> Any:
    if file.getinfo(name).file_size > MOST_JSON:
        raise InputError(f"{name} is too large")
    return json.loads(_bytes(file, name))


def _bytes(file: ZipFile, name: str) -> bytes:
    info = file.getinfo(name)
    # torch writes parts as they are; a few packed bytes could stand for more than all memory.
    if info.compress_type != ZIP_STORED:
        raise InputError(f"{name} is compressed; torch.export.save compresses nothing")
    return file.read(info)


def _saved(file: ZipFile, name: str) -> dict[str, Tensor]:
    """Return the tensors in a part that torch.save wrote, read with `weights_only`."""
    data = _bytes(file, name)
    if not data:
        return {}
    tensors = torch.load(io.BytesIO(data), weights_only=True)
    return {name: tensor.detach() for name, tensor in tensors.items()}


def _raw(file: ZipFile, root: str, what: str, model: str) -> dict[str, Tensor]:
    """Return the tensors whose bytes are parts of their own."""
    folder = f"{root}data/{what}/"
    if f"{folder}{model}.pt" in file.namelist():
        # So did torch 2.8.
        return _saved(file, f"{folder}{model}.pt")
    config = _json(file, root + _CONFIG.format(what, model))["config"]
    parts: dict[str, bytearray] = {}
    tensors = {}
    for name, payload in config.items():
        part = payload["path_name"]
        if payload["use_pickle"]:
            raise InputError(f"{name} is pickled, and nothing is unpickled here: it could do harm")
        if part not in parts:
            parts[part] = bytearray(_bytes(file, folder + part))
        tensors[name] = _tensor(payload["tensor_meta"], parts[part])
    return tensors


def _tensor(meta: Mapping[str, Any], data: bytearray) -> Tensor:
    if meta["dtype"] not in TYPES or meta["layout"] != _STRIDED:
        raise InputError(f"holds tensors of a type that is not known here ({meta['dtype']})")
    sizes = [size["as_int"] for size in meta["sizes"]]
    if not data:
        if 0 not in sizes:
            raise InputError("lacks the values of its tensors")
        return torch.empty(sizes, dtype=TYPES[meta["dtype"]])
    flat = torch.frombuffer(data, dtype=TYPES[meta["dtype"]])
    strides = [stride["as_int"] for stride in meta["strides"]]
    # Raises where the sizes ask for more than there is.
    return flat.as_strided(sizes, strides, meta["storage_offset"]["as_int"])


# What normalisation counts in training.
_COUNTED = "num_batches_tracked"


def read_weights(path: Path, needed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a file's tensors in the needed types; exactly those that are needed.

    A tensor that shares its memory with another needs to be in the file once. All names may have a
    prefix in the file or in the network (`module.`, `_orig_mod.`, `state_dict.`). Batch norms'
    counters may be missing.

    Raises:
        InputError: if a name is missing or too many, a shape differs, or the file is none.
    """
    tensors = _renamed(read_tensors(path)[0], needed)
    stored = {needed[name].data_ptr() for name in tensors if name in needed}
    missing = [
        name
        for name, tensor in needed.items()
        if name not in tensors
        and not (tensor.numel() and tensor.data_ptr() in stored)
        and not name.endswith(_COUNTED)
    ]
    if missing:
        raise InputError(f"{path}: lacks {_named(missing)}, which the network has")
    if strange := [name for name in tensors if name not in needed]:
        raise InputError(f"{path}: has {_named(strange)}, which the network has not")
    for name, tensor in tensors.items():
        if tensor.shape != needed[name].shape:
            raise InputError(
                f"{path}: {name} has the shape {tuple(tensor.shape)}; the network's has "
                f"{tuple(needed[name].shape)}"
            )
    return {name: tensor.to(needed[name].dtype) for name, tensor in tensors.items()}


def _renamed(tensors: dict[str, Tensor], needed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a file's tensors by the network's names, if all differ by one prefix."""
    if not tensors or not needed or not tensors.keys().isdisjoint(needed):
        return tensors
    word = next(iter(needed))
    for name in tensors:
        before = name.removesuffix(word)
        if name.endswith(f".{word}") and all(
            f"{before}{each}" in tensors for each in _lasting(needed)
        ):
            return {each.removeprefix(before): tensor for each, tensor in tensors.items()}
    word = next(iter(tensors))
    for name in needed:
        before = name.removesuffix(word)
        if name.endswith(f".{word}") and all(f"{before}{each}" in needed for each in tensors):
            return {f"{before}{each}": tensor for each, tensor in tensors.items()}
    return tensors


def _lasting(needed: Mapping[str, Tensor]) -> list[str]:
    return [name for name in needed if not name.endswith(_COUNTED)]


def _named(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return shorten(", ".join(names[:3]), 120) + more
