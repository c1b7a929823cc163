"""Pictures in pens: areas of the nearest, or dots of all; bare paper; any size, any orientation."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from inkdream import colour
from inkdream.errors import InputError
from inkdream.inking.from_picture import strict
from inkdream.plot.preview import preview
from tests.inking.made import by_pen, inked, pixel_run, quarters, ramp, save


def area_of(plot):
    """The least and largest x and y of all strokes, in mm."""
    points = np.concatenate([stroke.points for layer in plot.layers for stroke in layer.strokes])
    return points.min(axis=0), points.max(axis=0)


def seen(plot):
    """The plot as (3, H, W) linear RGB, inside its margins, at 2 px per mm."""
    height, width = round(plot.page.height * 2), round(plot.page.width * 2)
    picture = preview(plot, height, width).numpy()
    left, top, right, bottom = (round(2 * side) for side in plot.page.inside)
    return picture[:, top:bottom, left:right]


def test_a_picture_of_few_colours_keeps_them_and_leaves_paper_bare(tmp_path):
    plot = inked(save(tmp_path / "x.png", quarters()), page="60x60mm", margin=6).plot
    assert {layer.pen.colour for layer in plot.layers} == {"#c8102e", "#123456", "#e0b020"}
    assert {layer.pen.width for layer in plot.layers} == {0.4}
    picture = seen(plot)
    half = picture.shape[1] // 2
    assert picture[:, 3 : half - 3, 3 : half - 3].min() > 0.99
    means = picture[:, half + 4 : -4, half + 4 : -4].mean(axis=(1, 2))
    np.testing.assert_allclose(means, colour.linear_of(["#e0b020"])[0], atol=0.04)


def test_colours_go_to_the_pens_that_look_most_like_them(tmp_path):
    plot = inked(
        save(tmp_path / "x.png", quarters()),
        pens="red:0.5,navy:0.5,gold:0.5,lime:0.5",
        page="60x60mm",
    ).plot
    assert set(by_pen(plot)) == {"red", "navy", "gold"}


def test_coloured_paper_is_left_bare(tmp_path):
    source = save(tmp_path / "x.png", quarters(inks=("#c8102e", "#c8102e", "#123456", "#123456")))
    plot = inked(source, paper="#c8102e", page="60x60mm").plot
    assert [layer.pen.colour for layer in plot.layers] == ["#123456"]
    assert plot.paper == "#c8102e"


def test_a_photo_takes_the_nearest_pen_or_paper(tmp_path):
    plot = inked(save(tmp_path / "x.png", ramp()), pens="black:0.5,grey:0.5", page="100x80mm").plot
    assert set(by_pen(plot)) == {"black", "grey"}
    tones = seen(plot).mean(axis=(0, 1))
    quarter = len(tones) // 8
    assert tones[:quarter].mean() < 0.05
    assert tones[-quarter:].mean() > 0.98


def test_dots_keep_the_tones_that_areas_lose(tmp_path):
    source = save(tmp_path / "x.png", ramp())
    wanted = colour.from_bytes(ramp()).mean(axis=(0, 2)).reshape(8, -1).mean(axis=1)
    away = []
    for dither in (False, True):
        plot = inked(source, pens="black:0.4", page="100x80mm", dither=dither).plot
        tones = seen(plot).mean(axis=(0, 1))
        tones = tones[: len(tones) // 8 * 8].reshape(8, -1).mean(axis=1)
        away.append(np.abs(tones - wanted).max())
    assert away[0] > 0.4
    assert away[1] < 0.06


def test_learned_pens_are_as_many_as_asked_for_and_serve_the_picture(tmp_path):
    rgb = np.random.default_rng(0).integers(-9, 10, (48, 48, 3)) + quarters(48)
    source = save(tmp_path / "x.png", rgb.clip(0, 255).astype(np.uint8))
    plot = inked(source, learn=3, page="60x60mm").plot
    found = colour.linear_to_lab(colour.linear_of([layer.pen.colour for layer in plot.layers]))
    meant = colour.linear_to_lab(colour.linear_of(["#c8102e", "#123456", "#e0b020"]))
    assert len(found) == 3
    assert colour.ciede2000(found[:, None], meant[None]).min(axis=0).max() < 3
    again = inked(source, learn=3, page="60x60mm").plot
    assert [layer.pen for layer in again.layers] == [layer.pen for layer in plot.layers]


def test_some_pens_are_given_and_some_learned(tmp_path):
    plot = inked(save(tmp_path / "x.png", quarters()), pens="red:0.5,?:0.3", page="60x60mm").plot
    widths = {layer.pen.name: layer.pen.width for layer in plot.layers}
    assert widths.pop("red") == 0.5
    assert list(widths.values()) == [0.3]


def test_a_photo_without_pens_says_that_some_are_learned(tmp_path):
    rgb = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    inking = inked(save(tmp_path / "x.png", rgb))
    assert "4 are learned" in inking.notes[0]
    assert inking.plot.page.width > inking.plot.page.height  # lying, as the picture does


@pytest.mark.parametrize("fill", ["parallel", "cross", "concentric", "spiral"])
def test_every_style_stays_inside_the_margins(tmp_path, fill):
    plot = inked(save(tmp_path / "x.png", quarters()), hatch=fill, page="60x50mm", margin=7).plot
    low, high = area_of(plot)
    assert (low >= 7).all()
    assert (high <= [53, 43]).all()
    assert (seen(plot).mean(axis=0) < 0.9).mean() > 0.5


def test_means_are_of_light_and_of_whole_blocks():
    rgb = np.random.default_rng(2).integers(0, 256, (13, 22, 3), np.uint8)
    photo = read_photo_of(rgb)
    light = colour.from_bytes(rgb)
    means = photo.averaged(4, "#ffffff")
    assert means.shape == (3, 4, 6)
    np.testing.assert_allclose(means[:, 0, 0], light[:4, :4].mean(axis=(0, 1)), atol=1e-6)
    np.testing.assert_allclose(means[:, 3, 5], light[12:, 20:].mean(axis=(0, 1)), atol=1e-6)


def read_photo_of(rgb):
    from inkdream.inking.from_picture import Photo

    return Photo(Image.fromarray(rgb))


def test_bands_do_not_change_the_picture(monkeypatch):
    photo = read_photo_of(np.random.default_rng(3).integers(0, 256, (50, 40, 3), np.uint8))
    whole = photo.sampled(3, "#ffffff"), photo.averaged(3, "#ffffff")
    monkeypatch.setattr("inkdream.inking.from_picture.BAND", 200)
    assert (photo.sampled(3, "#ffffff") == whole[0]).all()
    assert (photo.averaged(3, "#ffffff") == whole[1]).all()


def test_ink_numbers_are_the_picture():
    rgb = quarters(20)
    found = strict(rgb, 4)
    assert (found.rgb() == rgb).all()
    assert strict(rgb, 3) is None


def test_a_run_of_pixels_keeps_its_lines_unless_others_are_wished_for(tmp_path):
    folder = pixel_run(tmp_path / "run")
    kept = inked(folder).plot
    assert len(kept.layers) == 4  # the lines of drawing.svg, whatever drawing.png shows
    anew = inked(folder, hatch="concentric").plot
    assert {layer.pen.colour for layer in anew.layers} == {"#c8102e", "#123456"}
    assert kept.page == anew.page
    mine = inked(folder, pens="red:0.5,navy:0.3").plot
    assert {layer.pen.name: layer.pen.width for layer in mine.layers} == {"red": 0.5, "navy": 0.3}


def png(width, height, raw, more=b""):
    def chunk(tag, data):
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(raw, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + body + chunk(b"IEND", b"")


NOISE = np.random.default_rng(0).bytes(61 * 60)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png(60_000, 60_000, b"\0" * 1000), "at most 67,108,864 px"),
        (png(9000, 9000, b"\0" * 1000), "at most 67,108,864 px"),
        (png(300, 300, b"\0" * 1000), "truncated"),
        (png(60, 60, NOISE)[:2000], "no picture that can be read"),
        (b"\x89PNG\r\n\x1a\n", "no picture that can be read"),
        (b"\xff\xd8\xff\xe0nothing", "no picture that can be read"),
        (b"BM nothing", "no picture that can be read"),
        (b"GIF89a", "no picture that can be read"),
    ],
)
def test_damaged_and_gigantic_pictures_are_refused_in_one_line(tmp_path, data, expected):
    (tmp_path / "x.png").write_bytes(data)
    with pytest.raises(InputError, match=expected):
        inked(tmp_path / "x.png")


@pytest.mark.parametrize("shape", [(1, 4000, 3), (4000, 1, 3)])
def test_a_picture_narrower_than_a_pen_is_refused(tmp_path, shape):
    rgb = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    with pytest.raises(InputError, match="narrower than a line"):
        inked(save(tmp_path / "x.png", rgb))
