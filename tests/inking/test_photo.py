"""Photos as they are looked at: turned as their camera says, on paper where they are clear."""

import numpy as np
import pytest
from PIL import Image

from inkdream import pictures
from inkdream.errors import InputError
from inkdream.inking.from_picture import read_photo

ORIENTATION = 0x0112
# What a camera does to the picture that is to be seen before it writes it down.
LAID = {
    1: lambda seen: seen,
    2: lambda seen: seen[:, ::-1],
    3: lambda seen: seen[::-1, ::-1],
    4: lambda seen: seen[::-1],
    5: lambda seen: seen.swapaxes(0, 1),
    6: lambda seen: seen.swapaxes(0, 1)[::-1],
    7: lambda seen: seen.swapaxes(0, 1)[::-1, ::-1],
    8: lambda seen: seen.swapaxes(0, 1)[:, ::-1],
}


@pytest.mark.parametrize("orientation", LAID)
@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "tiff"])
def test_a_photo_is_turned_as_its_camera_says(tmp_path, orientation, kind):
    seen = np.zeros((24, 40, 3), np.uint8)
    seen[:12, :20], seen[:12, 20:], seen[12:, :20] = (200, 20, 20), (20, 200, 20), (20, 20, 200)
    image = Image.fromarray(np.ascontiguousarray(LAID[orientation](seen)))
    exif = image.getexif()
    exif[ORIENTATION] = orientation
    path = tmp_path / f"photo.{kind}"
    image.save(path, exif=exif, quality=95)
    read = pictures.read_rgb(path)
    assert read.shape == seen.shape
    # A lossy file keeps the middles of areas.
    for row, column in ((6, 10), (6, 30), (18, 10), (18, 30)):
        assert np.abs(read[row, column].astype(int) - seen[row, column]).max() < 40


def test_what_is_clear_shows_the_paper(tmp_path):
    rgba = np.zeros((2, 3, 4), np.uint8)
    rgba[..., 0] = 200
    rgba[:, 1, 3], rgba[:, 2, 3] = 128, 255
    Image.fromarray(rgba).save(tmp_path / "a.png")
    white = pictures.read_rgb(tmp_path / "a.png")
    assert white[0, 0].tolist() == [255, 255, 255]
    assert white[0, 2].tolist() == [200, 0, 0]
    assert np.abs(white[0, 1].astype(int) - [227, 127, 127]).max() <= 1
    cream = pictures.read_rgb(tmp_path / "a.png", "#f5f0e0")
    assert cream[0, 0].tolist() == [0xF5, 0xF0, 0xE0]


@pytest.mark.parametrize("mode", ["LA", "P", "PA", "L", "1", "CMYK", "I;16"])
def test_pictures_of_every_mode_are_read(tmp_path, mode):
    shade = Image.fromarray(np.linspace(0, 255, 64).astype(np.uint8).reshape(8, 8))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(shade).astype(np.uint16) * 257)
    else:
        image = shade.convert("RGB").convert(mode) if mode == "P" else shade.convert(mode)
    path = tmp_path / ("a.tiff" if mode in ("CMYK", "PA") else "a.png")
    if mode == "PA":
        image = image.convert("LA")
        path = tmp_path / "a.png"
    image.save(path)
    read = pictures.read_rgb(path)
    assert read.shape == (8, 8, 3)
    assert read.dtype == np.uint8
    # Few colours stand for many in these two.
    if mode not in ("1", "P"):
        assert np.abs(read[..., 0].astype(int) - np.asarray(shade)).max() <= 3


@pytest.mark.parametrize("orientation", LAID)
@pytest.mark.parametrize("mode", ["RGBA", "LA", "RGB", "I;16"])
def test_drawing_and_plotting_see_the_same_picture(tmp_path, mode, orientation):
    rng = np.random.default_rng(0)
    if mode == "I;16":
        image = Image.fromarray(rng.integers(0, 2**16, (7, 11), np.uint16))
    else:
        image = Image.fromarray(rng.integers(0, 256, (7, 11, 4), np.uint8)).convert(mode)
    exif = image.getexif()
    exif[ORIENTATION] = orientation
    image.save(tmp_path / "a.png", exif=exif)
    seen = pictures.read_rgb(tmp_path / "a.png", "#7f30e1")
    photo = read_photo(tmp_path / "a.png")
    assert photo.size == seen.shape[:2]
    assert (photo.sampled(1, "#7f30e1") == seen).all()
    lying, turn = pictures.open_picture(tmp_path / "a.png")
    assert turn == orientation
    assert (pictures.turned(pictures.on_paper(lying, "#7f30e1"), turn) == seen).all()


def test_a_palette_with_a_clear_colour_shows_the_paper(tmp_path):
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 1), 1)
    image.save(tmp_path / "a.png", transparency=0)
    read = pictures.read_rgb(tmp_path / "a.png")
    assert read[0, 0].tolist() == [255, 255, 255]
    assert read[1, 1].tolist() == [200, 100, 50]


def test_formats_that_run_programs_are_not_opened(tmp_path):
    (tmp_path / "a.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    with pytest.raises(InputError, match=r"a\.eps: is no picture"):
        pictures.read_rgb(tmp_path / "a.eps")


GREYS = {
    "real, to 1": (np.float32, 1.0),
    "real, to 255": (np.float32, 255.0),
    "real, to 65535": (np.float32, 65535.0),
    "whole, 16 bits": (np.uint16, 65535.0),
    "whole, 32 bits": (np.int32, 65535.0),
}


@pytest.mark.parametrize("kind", GREYS)
def test_greys_of_any_numbers_keep_their_tones(tmp_path, kind):
    """0.1.0 read real numbers up to 1 as black."""
    numbers, white = GREYS[kind]
    tones = np.linspace(0, 1, 256)
    Image.fromarray(np.tile(tones * white, (9, 1)).astype(numbers)).save(tmp_path / "a.tif")
    read = pictures.read_rgb(tmp_path / "a.tif")
    assert np.abs(read[4, :, 0] - 255 * tones).max() <= 1
    assert (read_photo(tmp_path / "a.tif").sampled(1, "#ffffff") == read).all()


def test_what_is_no_number_is_black(tmp_path):
    tones = np.array([[0.5, np.nan, 1.0, np.inf, -np.inf, -3.0]] * 2, np.float32)
    Image.fromarray(tones).save(tmp_path / "a.tif")
    assert pictures.read_rgb(tmp_path / "a.tif")[0, :, 0].tolist() == [128, 0, 255, 0, 0, 0]
