"""A CLIP of two layers with random weights, in a folder: what tests have instead of a download."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from inkdream.networks.clip import _quiet as quiet

SIDE, PATCH, WIDTH, SPACE, TOKENS = 32, 8, 32, 16, 20
START, END = "<|startoftext|>", "<|endoftext|>"


def tiny_clip(folder: Path, seed: int = 0) -> Path:
    """Write the files of a small CLIP into a folder, as the hub has them; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = write_tokeniser(folder)
    with quiet() as library:
        tower = {"hidden_size": WIDTH, "intermediate_size": 64, "num_hidden_layers": 2}
        tower |= {"num_attention_heads": 4}
        config = library.CLIPConfig(
            text_config={
                **tower,
                "vocab_size": len(vocabulary),
                "max_position_embeddings": TOKENS,
                "bos_token_id": vocabulary[START],
                "eos_token_id": vocabulary[END],
                "pad_token_id": vocabulary[END],
            },
            vision_config={**tower, "image_size": SIDE, "patch_size": PATCH},
            projection_dim=SPACE,
        )
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = library.CLIPModel(config)
            # Hugging Face begins with weights so small that all pictures would look alike.
            for parameter in model.parameters():
                if parameter.dim() > 1:
                    torch.nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)
    save_file(model.state_dict(), folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(config.to_json_string())
    said = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.25, 0.3, 0.35], "resample": 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(said))
    return folder


def write_tokeniser(folder: Path) -> dict[str, int]:
    """Write a tokeniser that reads letter by letter; return its vocabulary."""
    letters = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 256))]
    # The 256 bytes, as byte-pair encoding writes them, first within and then at the end of words.
    letters += [chr(256 + number) for number in range(256 - len(letters))]
    words = [*letters, *(f"{letter}</w>" for letter in letters), START, END]
    vocabulary = {word: number for number, word in enumerate(words)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return vocabulary


def reference(folder: Path) -> Any:
    """Return transformers' own model and tokeniser of a folder."""
    with quiet() as library:
        model = library.CLIPModel.from_pretrained(str(folder), use_safetensors=True)
        return model.eval(), library.CLIPTokenizerFast.from_pretrained(str(folder))
