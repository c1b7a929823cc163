"""Picture files: nothing but the inks is in them, and nothing that is no picture is read."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from inkdream import colour, pictures
from inkdream.errors import InputError
from inkdream.pictures import Inked

SIZES = [(1, 1), (31, 17), (64, 40), (5, 300)]


def chance_picture(inks=4, size=(31, 17), seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, inks, size).astype(np.uint8)
    colours = rng.choice(256**3, inks, replace=False)
    table = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1).astype(np.uint8)
    return Inked(labels, table)


def chunk(data: bytes, kind: bytes) -> bytes:
    """Return what the first chunk of a kind in a PNG holds."""
    place = 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        if data[place + 4 : place + 8] == kind:
            return data[place + 8 : place + 8 + length]
        place += 12 + length
    raise LookupError(kind)


@pytest.mark.parametrize("inks", [1, 2, 3, 5, 16, 17, 64])
def test_the_palette_in_a_png_is_exactly_the_inks(inks):
    picture = chance_picture(inks, (40, 40))
    data = pictures.indexed_png(picture)
    assert chunk(data, b"PLTE") == picture.inks.tobytes()
    assert chunk(data, b"IHDR")[9] == 3
    with pytest.raises(LookupError):
        chunk(data, b"tRNS")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("inks", [2, 7])
def test_an_indexed_png_is_read_back_as_it_was(tmp_path, inks, size):
    picture = chance_picture(inks, size)
    (tmp_path / "p.png").write_bytes(pictures.indexed_png(picture))
    assert (pictures.read_rgb(tmp_path / "p.png") == picture.rgb()).all()


@pytest.mark.parametrize("size", SIZES)
def test_an_rgb_png_is_read_back_as_it_was(tmp_path, size):
    rgb = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    (tmp_path / "p.png").write_bytes(pictures.rgb_png(rgb))
    assert (pictures.read_rgb(tmp_path / "p.png") == rgb).all()


def test_writers_are_pure():
    picture = chance_picture()
    for write in (pictures.indexed_png, lambda p: pictures.animated_gif([p, p])):
        assert write(picture) == write(picture)


@pytest.mark.parametrize("seed", range(4))
def test_tidying_changes_no_pixel_and_leaves_each_ink_once_darkest_first(seed):
    rng = np.random.default_rng(seed)
    inks = rng.integers(0, 256, (9, 3)).astype(np.uint8)
    inks[5] = inks[2]
    labels = rng.choice([0, 2, 4, 5, 8], (20, 30)).astype(np.uint8)
    picture = Inked(labels, inks)
    tidy = picture.tidy()
    assert (tidy.rgb() == picture.rgb()).all()
    assert tidy.labels.dtype == np.uint8
    assert len(tidy.inks) == 4
    assert len(np.unique(tidy.inks, axis=0)) == 4
    assert np.unique(tidy.labels).tolist() == [0, 1, 2, 3]
    lightness = colour.linear_to_oklab(colour.from_bytes(tidy.inks))[:, 0]
    assert (np.diff(lightness) >= 0).all()
    again = tidy.tidy()
    assert (again.labels == tidy.labels).all()
    assert (again.inks == tidy.inks).all()


def test_a_picture_of_one_ink_is_tidied_too():
    tidy = Inked(np.full((4, 5), 3, np.uint8), chance_picture().inks).tidy()
    assert tidy.labels.max() == 0
    assert len(tidy.inks) == 1


def test_linear_light_and_bytes_say_the_same():
    picture = chance_picture()
    assert picture.linear().shape == (3, 31, 17)
    assert picture.linear().dtype == np.float32
    assert (colour.to_bytes(picture.linear().transpose(1, 2, 0)) == picture.rgb()).all()


@pytest.mark.parametrize("size", [*SIZES, (256, 257), (600, 400)])
@pytest.mark.parametrize("side", [16, 256])
def test_thinned_pictures_fit_and_have_no_new_colours(size, side):
    picture = chance_picture(4, size)
    thin = picture.thinned(side)
    assert max(thin.labels.shape) <= side
    assert max(thin.labels.shape) * 2 > min(side, max(size))
    every = -(-max(size) // side)
    assert (thin.rgb() == picture.rgb()[::every, ::every]).all()


def test_gif_frames_are_exact_even_when_only_the_inks_change():
    first, second = chance_picture(seed=1), chance_picture(seed=2)
    frames = [
        first,
        Inked(first.labels, second.inks),
        second,
        chance_picture(2, seed=3),
        chance_picture(64, seed=4),
        Inked(np.zeros((31, 17), np.uint8), first.inks),
    ]
    with Image.open(io.BytesIO(pictures.animated_gif(frames, 70, 900))) as gif:
        assert gif.n_frames == len(frames)
        for number, frame in enumerate(frames):
            gif.seek(number)
            assert (np.asarray(gif.convert("RGB")) == frame.rgb()).all(), number
            assert gif.info["duration"] == (900 if number == len(frames) - 1 else 70)
        assert gif.info["loop"] == 0


def test_a_gif_of_one_frame_and_of_equal_frames_shows_that_frame():
    frame = chance_picture()
    for count in (1, 3):
        with Image.open(io.BytesIO(pictures.animated_gif([frame] * count))) as gif:
            gif.seek(gif.n_frames - 1)
            assert (np.asarray(gif.convert("RGB")) == frame.rgb()).all()


def test_palettes_are_as_other_programs_read_them():
    inks = np.array([[27, 27, 27], [200, 16, 46], [255, 255, 255]], np.uint8)
    lines = pictures.gimp_palette(inks, "my run").splitlines()
    assert lines[0] == "GIMP Palette"
    assert lines[1] == "Name: my run"
    rows = [line for line in lines[1:] if not line.startswith(("#", "Name:", "Columns:"))]
    assert [[int(word) for word in row.split("\t")[0].split()] for row in rows] == inks.tolist()
    assert all(row.split("\t")[1] for row in rows)
    assert rows[2].split("\t")[1] == "white"
    assert pictures.hex_palette(inks) == "#1b1b1b\n#c8102e\n#ffffff\n"


def test_colours_in_a_picture_are_counted_once():
    rgb = np.array([[[1, 2, 3], [1, 2, 3]], [[9, 9, 9], [0, 0, 0]]], np.uint8)
    assert pictures.colours_in(rgb).tolist() == [[0, 0, 0], [1, 2, 3], [9, 9, 9]]


# What is no picture


def claiming(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that claims to be of a size."""

    def part(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [part(b"IHDR", header), part(b"IDAT", zlib.compress(b"\0" * 64)), part(b"IEND", b"")]
    )


def refused(path) -> str:
    with pytest.raises(InputError) as error:
        pictures.read_rgb(path)
    assert path.name in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("size", [(60_000, 60_000), (12_000, 8_000), (2**31 - 1, 1), (8193, 8192)])
def test_a_picture_that_would_fill_the_memory_is_not_unpacked(tmp_path, size):
    (tmp_path / "bomb.png").write_bytes(claiming(*size))
    refused(tmp_path / "bomb.png")


def test_what_is_no_picture_is_refused(tmp_path):
    for name, data in {
        "text.png": b"not a picture\nat all\n",
        "empty.png": b"",
        "header.png": b"\x89PNG\r\n\x1a\n",
        "hollow.png": claiming(300, 300),
    }.items():
        (tmp_path / name).write_bytes(data)
        refused(tmp_path / name)
    refused(tmp_path / "missing.png")
    refused(tmp_path)


def test_a_png_cut_anywhere_before_its_pixels_end_is_refused(tmp_path):
    data = pictures.indexed_png(chance_picture(4, (64, 64)))
    path = tmp_path / "cut.png"
    for keep in range(0, data.index(b"IEND") - 40, 37):
        path.write_bytes(data[:keep])
        refused(path)


@pytest.mark.parametrize("kind", ["png", "gif"])
def test_damage_is_refused_or_read_but_never_a_surprise(tmp_path, kind):
    picture = chance_picture(4, (24, 24))
    data = pictures.indexed_png(picture) if kind == "png" else pictures.animated_gif([picture])
    rng = np.random.default_rng(0)
    path = tmp_path / f"damaged.{kind}"
    for _ in range(300):
        bad = bytearray(data)
        for place in rng.integers(0, len(data), 3):
            bad[place] = rng.integers(0, 256)
        path.write_bytes(bytes(bad))
        try:
            read = pictures.read_rgb(path)
        except InputError:
            pass
        else:
            assert read.dtype == np.uint8
            assert read.ndim == 3
