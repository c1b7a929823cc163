"""CLIP: what transformers' own model gives, from files that are here, or come from a hub."""

import importlib
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from inkdream import colour
from inkdream.errors import InputError
from inkdream.networks import clip as clip_module
from inkdream.networks import look
from inkdream.networks.clip import (
    DEVIATION,
    MEAN,
    REVISIONS,
    WEIGHTS,
    Clip,
    check_words,
    find_files,
    import_text,
)
from inkdream.wording import how_to_install
from tests.networks.fake_hub import COMMIT, fake_hub
from tests.networks.tiny_clip import PATCH, SIDE, SPACE, TOKENS, WIDTH, reference, tiny_clip
from tests.toys import chance

MODEL = "tests/tiny"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def clip(folder):
    return Clip("clip", str(folder))


@pytest.fixture(scope="module")
def theirs(folder):
    return reference(folder)


@pytest.fixture
def copied(folder, tmp_path):
    return Path(shutil.copytree(folder, tmp_path / "model"))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return an empty Hugging Face cache, whose hub is not there."""
    constants = importlib.import_module("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    connect(monkeypatch, closed_port())
    return tmp_path / "hub"


def connect(monkeypatch, address):
    constants = importlib.import_module("huggingface_hub.constants")
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    importlib.import_module("huggingface_hub.utils").close_session()


def closed_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def pictures(count=2, height=SIDE, width=SIDE):
    return torch.rand(count, 3, height, width, generator=chance(3))


def features(out):
    """Return the embeddings that transformers gives: a tensor, or with what led to it."""
    return F.normalize(getattr(out, "pooler_output", out), dim=1)


def in_cache(cache, folder, files, commit=COMMIT, revision="main"):
    """Put files into a cache, as the hub's library lays them."""
    model = cache / "models--tests--tiny"
    snapshot = model / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (model / "refs" / revision).parent.mkdir(parents=True, exist_ok=True)
    (model / "refs" / revision).write_text(commit)
    for name in files:
        shutil.copy(folder / name, snapshot / name)
    return snapshot


# What it gives


def test_pictures_are_where_transformers_has_them(clip, theirs):
    batch = pictures()
    seen = clip.look(batch, ["picture"])["picture"]
    assert seen.shape == (2, SPACE, 1, 1)
    values, _ = clip.pixels(colour.linear_to_srgb(batch))
    expected = features(theirs[0].get_image_features(pixel_values=values))
    assert torch.allclose(seen[:, :, 0, 0], expected, atol=1e-5)
    assert torch.allclose(seen.norm(dim=1), torch.ones(()), atol=1e-5)
    assert (seen[0] - seen[1]).abs().max() > 1e-3


def test_words_are_where_transformers_has_them(clip, theirs):
    model, tokeniser = theirs
    for words in ("a heron", "A  Heron!", "été 7"):
        expected = features(model.get_text_features(**tokeniser(words, return_tensors="pt")))[0]
        assert torch.allclose(clip.embed(words), expected, atol=1e-5), words
        assert not clip.embed(words).requires_grad
    assert (clip.embed("a heron") - clip.embed("scribbles")).norm() > 0.1


def test_blocks_are_maps_of_patches(clip, theirs):
    batch = pictures()
    names = ["block_1", "block_2", "picture"]
    assert [layer.name for layer in clip.layers] == names
    both = clip.look(batch, names)
    values, _ = clip.pixels(colour.linear_to_srgb(batch))
    vision = theirs[0].vision_model(values, output_hidden_states=True)
    for number, name in enumerate(names[:2], 1):
        assert both[name].shape == (2, WIDTH, SIDE // PATCH, SIDE // PATCH)
        expected = vision.hidden_states[number][:, 1:].transpose(1, 2)
        assert torch.allclose(both[name].flatten(2), expected, atol=1e-5)
        assert torch.equal(clip.look(batch, [name])[name], both[name])
    full = look({"clip": clip}, batch, ["clip/block_2"])
    assert torch.equal(full["clip/block_2"], both["block_2"])


def test_it_runs_no_deeper_than_asked(clip):
    ran = []
    hooks = [
        block.register_forward_hook(lambda *_, number=number: ran.append(number))
        for number, block in enumerate(clip.blocks, 1)
    ]
    clip.look(pictures(), ["block_1"])
    assert ran == [1]
    clip.look(pictures(), ["picture"])
    assert ran == [1, 1, 2]
    for hook in hooks:
        hook.remove()


def test_pictures_are_prepared_as_training_did(clip):
    srgb = colour.linear_to_srgb(pictures())
    mean, deviation = (
        torch.tensor(values)[:, None, None] for values in ([0.5, 0.4, 0.3], [0.25, 0.3, 0.35])
    )
    assert torch.allclose(clip.pixels(srgb)[0], (srgb - mean) / deviation, atol=1e-6)
    # Any size is brought to the encoder's.
    grey = torch.full((1, 3, 64, 64), 0.2)
    assert torch.allclose(clip.pixels(grey)[0], clip.pixels(torch.full((1, 3, 5, 5), 0.2))[0])


@pytest.mark.parametrize(("height", "width"), [(24, 48), (20, 50), (90, 45)])
def test_pictures_that_are_no_squares_keep_their_form(clip, height, width):
    """A round disc on a wide page is as high as it is wide in what the encoder sees."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    radius = 0.4 * min(height, width)
    is_disc = (y - height / 2) ** 2 + (x - width / 2) ** 2 < radius**2
    page = torch.where(is_disc, 0.0, 1.0).expand(1, 3, height, width)
    values, window = clip.pixels(page)
    assert values.shape == (1, 3, SIDE, SIDE)
    seen = (values * clip.deviation + clip.mean)[0, 0]
    dark = seen < 0.25
    down, across = int(dark.any(1).sum()), int(dark.any(0).sum())
    assert abs(down - across) <= 1
    expected = 0.8 * SIDE * min(height, width) / max(height, width)
    assert abs(down - expected) <= 2
    assert seen[0, 0].item() == pytest.approx(0.5, abs=1e-5)
    assert max(window.rows, window.columns) == SIDE
    # Blocks have places for the picture only, not for what surrounds it.
    rows, columns = clip.look(page, ["block_1"])["block_1"].shape[2:]
    assert (rows < columns) == (height < width)


def test_pictures_are_made_smaller_as_training_did(clip):
    dots = np.random.default_rng(0).integers(0, 256, (3 * SIDE, 3 * SIDE, 3), dtype=np.uint8)
    resized = np.asarray(Image.fromarray(dots).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    found, expected = (
        clip.pixels(torch.tensor(each).permute(2, 0, 1)[None] / 255)[0] for each in (dots, resized)
    )
    # Pillow rounds to 8 bits in between.
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0)


def test_without_a_preprocessor_the_first_models_statistics_are_taken(copied):
    (copied / "preprocessor_config.json").unlink()
    clip = Clip("clip", str(copied))
    assert clip.mean.flatten().tolist() == pytest.approx(MEAN)
    assert clip.deviation.flatten().tolist() == pytest.approx(DEVIATION)


def test_gradients_reach_every_px_and_no_weight(clip):
    batch = pictures(1, 40, 36).requires_grad_()
    target = clip.embed("a heron")[:, None, None]
    seen = clip.look(batch, ["picture"])["picture"]
    (slope,) = torch.autograd.grad((seen * target).sum(), batch)
    assert (slope.abs().sum(1) > 0).all()
    assert not any(parameter.requires_grad for parameter in clip.parameters())
    # Along a direction, the slope is what a small step gains.
    clip.double()
    step = torch.randn(batch.shape, generator=chance(4), dtype=torch.float64)
    start = (batch.detach().double() * 0.8 + 0.1).requires_grad_()

    def score(values):
        return (clip.look(values, ["picture"])["picture"] * target).sum()

    (slope,) = torch.autograd.grad(score(start), start)
    with torch.no_grad():
        gained = (score(start + 1e-6 * step) - score(start - 1e-6 * step)) / 2e-6
    clip.float()
    assert gained.item() == pytest.approx((slope * step).sum().item(), rel=1e-4)


def test_the_text_encoder_is_dropped_when_pictures_are_looked_at(clip):
    clip.embed("a new word")
    assert clip._words is not None
    clip.look(pictures(), ["picture"])
    assert clip._words is None
    first = clip.embed("a new word")
    assert clip._words is None  # known words need no encoder
    assert torch.equal(first, clip.embed("a new word"))
    assert not any("text" in name for name, _ in clip.named_parameters())


def test_the_digest_is_that_of_the_weights(clip, folder):
    assert clip.digest == clip_module.digest(folder / WEIGHTS)
    assert not clip.has_random_weights


# Words that cannot be


@pytest.mark.parametrize("words", ["", "   ", "...", " - ?! ", "\n"])
def test_words_that_are_none_are_refused(clip, words):
    with pytest.raises(InputError, match="nothing to draw"):
        check_words(words)
    with pytest.raises(InputError, match="nothing to draw"):
        clip.embed(words)


@pytest.mark.parametrize("words", ["a", "7", "鷺", "🦩", "héron ?"])
def test_all_other_words_are_taken(words):
    check_words(words)


def test_words_that_are_too_long_are_refused_and_never_cut(clip):
    longest = "a " * (TOKENS - 2)
    assert clip.embed(longest).shape == (SPACE,)
    with pytest.raises(InputError, match=f"are {TOKENS - 1} tokens; CLIP reads at most"):
        clip.embed(longest + "a")


# Files that cannot be


def damaged(folder, name, content):
    (folder / name).write_text(content)
    return folder


def test_pickles_are_refused(copied):
    (copied / WEIGHTS).rename(copied / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"only pytorch_model\.bin: a pickle.*safetensors"):
        Clip("clip", str(copied))
    (copied / "pytorch_model.bin").unlink()
    with pytest.raises(InputError, match=r"has no model\.safetensors$"):
        Clip("clip", str(copied))


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("config.json", "{", "config.json: cannot be read"),
        ("config.json", "[]", "holds no table"),
        ("config.json", '{"model_type": "siglip"}', "is no CLIP, but a siglip"),
        ("config.json", '{"model_type": "clip", "vision_config": 3}', "not that of a CLIP"),
        ("model.safetensors", "nothing", "cannot be read as safetensors"),
        ("preprocessor_config.json", '{"image_mean": 3}', "image_mean is not three numbers"),
    ],
)
def test_damaged_files_are_named_in_one_line(copied, name, content, wrong):
    with pytest.raises(InputError, match=re.escape(wrong)):
        Clip("clip", str(damaged(copied, name, content)))


def test_a_tokeniser_that_cannot_be_read_is_named(copied):
    clip = Clip("clip", str(damaged(copied, "vocab.json", "{")))
    with pytest.raises(InputError, match="tokeniser cannot be read"):
        clip.embed("a heron")
    (copied / "vocab.json").unlink()
    with pytest.raises(InputError, match="has no tokeniser"):
        Clip("clip", str(copied))


def test_weights_of_another_model_are_refused(copied):
    table = json.loads((copied / "config.json").read_text())
    table["vision_config"]["num_hidden_layers"] = 3
    (copied / "config.json").write_text(json.dumps(table))
    with pytest.raises(InputError, match=r"lacks vision_model\.encoder\.layers\.2"):
        Clip("clip", str(copied))
    table["vision_config"] |= {"num_hidden_layers": 2, "hidden_size": 64}
    (copied / "config.json").write_text(json.dumps(table))
    with pytest.raises(InputError, match=r"does not fit config\.json"):
        Clip("clip", str(copied))


def test_a_folder_that_is_no_models_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"it has no config\.json"):
        find_files(str(tmp_path))


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match=re.escape(how_to_install("text"))):
        import_text("transformers")
    with pytest.raises(InputError, match=re.escape(how_to_install("text"))):
        import_text("no_such_module")


# The cache and the hub


def test_what_is_in_the_cache_is_taken_and_nobody_is_asked(cache, folder, monkeypatch):
    snapshot = in_cache(cache, folder, [path.name for path in folder.iterdir()])
    with fake_hub(folder) as (address, asked):
        connect(monkeypatch, address)
        clip = Clip("clip", MODEL)
        clip.embed("a heron")
    assert clip.files.weights == snapshot / WEIGHTS
    assert asked == []


def test_converted_weights_are_found_beside_a_main_branch_that_has_none(cache, folder):
    rest = [path.name for path in folder.iterdir() if path.name != WEIGHTS]
    main = in_cache(cache, folder, rest)
    converted = in_cache(cache, folder, [WEIGHTS], "f" * 40, "refs/pr/66")
    files = find_files(MODEL)
    assert files.folder == main
    assert files.weights == converted / WEIGHTS
    # Whoever names a revision gets that one.
    with pytest.raises(InputError, match="does not answer"):
        find_files(f"{MODEL}@refs/pr/7")


def test_damage_in_the_cache_is_found_by_its_name(cache, folder):
    snapshot = in_cache(cache, folder, [path.name for path in folder.iterdir()])
    blob = cache / "models--tests--tiny" / "blobs" / ("0" * 64)
    blob.parent.mkdir()
    (snapshot / WEIGHTS).rename(blob)
    (snapshot / WEIGHTS).symlink_to(blob)
    with pytest.raises(InputError, match="is damaged"):
        Clip("clip", MODEL)


@pytest.mark.parametrize("revision", ["main", "refs%2Fpr%2F15"])
def test_a_model_comes_from_the_hub_once(cache, folder, monkeypatch, capfd, revision):
    if revision != "main":
        monkeypatch.setitem(REVISIONS, MODEL, "refs/pr/15")
    with fake_hub(folder, revision) as (address, asked):
        connect(monkeypatch, address)
        clip = Clip("clip", MODEL)
        assert torch.equal(clip.embed("a heron"), Clip("clip", str(folder)).embed("a heron"))
        assert any(WEIGHTS in line for line in asked)
        assert all("torch" not in line and "session_id" not in line for line in asked)
        before = len(asked)
        Clip("clip", MODEL)
        assert len(asked) == before
    assert clip.digest == clip_module.digest(folder / WEIGHTS)
    assert capfd.readouterr().err == ""


def test_a_hub_that_has_pickles_alone_is_left_before_anything_is_fetched(
    cache, copied, monkeypatch
):
    (copied / WEIGHTS).rename(copied / "pytorch_model.bin")
    with fake_hub(copied) as (address, asked):
        connect(monkeypatch, address)
        with pytest.raises(InputError, match="a pickle, which can run code"):
            find_files(MODEL)
    assert not any(line.startswith("GET") for line in asked)


def test_a_revision_that_is_not_there_is_named(cache, folder, monkeypatch):
    with fake_hub(folder) as (address, _):
        connect(monkeypatch, address)
        with pytest.raises(InputError, match="has no revision 'older'"):
            find_files(f"{MODEL}@older")


@pytest.mark.parametrize("name", ["a/b/c", "a heron", "-x", "a--b"])
def test_what_is_no_models_name_is_refused(cache, name):
    with pytest.raises(InputError, match="no folder, and no model's name"):
        find_files(name)


def test_a_hub_that_refuses_to_be_called_is_named_with_the_model(cache):
    begun = time.monotonic()
    with pytest.raises(InputError, match="does not answer") as error:
        find_files(MODEL)
    assert time.monotonic() - begun < 30
    said = str(error.value)
    assert "\n" not in said
    assert f"{MODEL}: is not on this machine" in said
    assert f"hf download {MODEL}" in said


def test_a_hub_that_says_nothing_is_given_up(cache, monkeypatch):
    monkeypatch.setattr(clip_module, "SILENCE", 1.0)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        connect(monkeypatch, f"http://127.0.0.1:{server.getsockname()[1]}")
        begun = time.monotonic()
        with pytest.raises(InputError, match="does not answer"):
            find_files(MODEL)
        assert time.monotonic() - begun < 10


def test_networks_are_imported_without_transformers():
    code = "import sys, inkdream.objectives.scoring; assert 'transformers' not in sys.modules"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
