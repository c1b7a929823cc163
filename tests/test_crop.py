"""Page and pictures know each other: shapes that follow, and what is said of what is cut off."""

import numpy as np
import pytest
import torch
from PIL import Image

from inkdream import colour, placement
from inkdream.cli.options import DrawFlags, TermFlags
from inkdream.drawing import remarks
from inkdream.errors import InputError
from inkdream.placement import placed
from inkdream.recipe import assemble, validate
from inkdream.run import Run
from tests.running import refused, says
from tests.toys import small


@pytest.fixture
def photo(tmp_path):
    """Return a maker of pictures: a red left half and a blue right half, grey at the top."""

    def make(width, height, name="photo.png", **saved):
        rgb = np.zeros((height, width, 3), np.uint8)
        rgb[:, : width // 2, 0] = rgb[:, width // 2 :, 2] = 255
        rgb[: height // 10] = 128
        Image.fromarray(rgb).save(tmp_path / name, **saved)
        return str(tmp_path / name)

    return make


def asked(*, strokes=None, page=None, width=None, height=None, crop=None, like=None, origin=None):
    """Return the recipe that flags make."""
    flags = DrawFlags(
        wanted=TermFlags(like=[like] if like else None),
        strokes=strokes,
        page=page,
        width=width,
        height=height,
        crop=crop,
        origin=origin,
    )
    return flags.recipe(None, compare=False)


def ratio(recipe):
    return recipe.size[1] / recipe.size[0]


def inside(page):
    left, top, right, bottom = page.inside
    return (right - left) / (bottom - top)


@pytest.mark.parametrize("page", ["a5", "a4 landscape", "300x100mm", "letter"])
def test_pixels_without_a_size_take_the_pages_shape(page):
    recipe = asked(page=page)
    assert ratio(recipe) == pytest.approx(inside(recipe.page), rel=0.02)
    assert max(recipe.size) == 256
    wide = asked(page=page, width=300)
    assert wide.width == 300
    assert ratio(wide) == pytest.approx(inside(recipe.page), rel=0.02)
    assert asked(page=page, width=60, height=50).size == (50, 60)
    assert asked().size == (256, 256)


@pytest.mark.parametrize("strokes", [None, 30])
def test_a_landscape_picture_turns_the_page_unless_a_page_is_given(photo, strokes):
    across, down = photo(300, 200), photo(200, 300, "down.png")
    for name in ("like", "origin"):
        recipe = asked(strokes=strokes, **{name: across})
        assert (recipe.page.width, recipe.page.height) == (210, 148)
        assert ratio(recipe) > 1.3
        part = asked(strokes=strokes, crop="10,0,100,150", **{name: across})
        assert part.page.width == 148
        upright = asked(strokes=strokes, **{name: down})
        assert (upright.page.width, upright.page.height) == (148, 210)
        assert ratio(upright) < 0.8
        told = asked(strokes=strokes, page="a4", **{name: across})
        assert (told.page.width, told.page.height) == (210, 297)


def test_a_photo_that_a_camera_turned_lies_as_it_is_looked_at(photo):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = photo(200, 300, "turned.jpg", exif=exif)
    assert asked(like=turned).page.width == 210


def test_the_recipe_that_is_kept_says_the_same_again(photo, tmp_path):
    recipe = asked(like=photo(300, 200))
    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    assert assemble(tmp_path / "recipe.toml", {}, []).model_dump() == recipe.model_dump()


def test_what_begins_from_a_run_takes_its_page_and_size(tmp_path):
    run = Run.create(small(), tmp_path)
    recipe = asked(origin=str(run.folder))
    assert recipe.page == run.recipe.page
    assert recipe.size == run.recipe.size
    assert asked(origin=str(run.folder), page="a4").page.width == 210


def test_what_is_cut_off_is_said(photo):
    wide = photo(400, 100)
    said = remarks.remarks(asked(like=wide, width=100, height=100))
    # The picture is the term's and, since it is all that is asked for, what is begun from.
    assert len(said) == 1
    assert said[0].startswith("photo.png: 75% of it is cut off, left and right")
    assert "--crop fit" in said[0]
    tall = photo(100, 400, "tall.png")
    (line,) = remarks.remarks(asked(like=tall, width=100, height=100))
    assert "75% of it is cut off, top and bottom" in line
    (line,) = remarks.remarks(asked(like=photo(300, 200, "a.png"), width=200, height=300))
    assert "a drawing that lies landscape would lose 0%" in line
    assert remarks.remarks(asked(like=wide, width=400, height=100)) == []
    (line,) = remarks.remarks(asked(like=wide, width=100, height=100, crop="fit"))
    assert "75% of the drawing stays paper, above and below" in line
    (line,) = remarks.remarks(asked(like=wide, width=100, height=100, crop="0,0,100,50"))
    assert "50% of it is cut off, left and right" in line


def shown(recipe, path):
    return colour.to_bytes(placed(recipe, path).shown.permute(1, 2, 0)).numpy()


def test_a_picture_is_brought_to_the_drawing_as_it_is_asked_for(photo):
    wide = photo(400, 100)
    said = {"width": 100, "height": 100, "paper": "#ffff00"}
    cover = shown(validate(said), wide)
    assert tuple(cover[50, 5]) == (255, 0, 0) and tuple(cover[50, 95]) == (0, 0, 255)
    fit = shown(validate({**said, "crop": "fit"}), wide)
    assert (fit[:37] == (255, 255, 0)).all() and (fit[63:] == (255, 255, 0)).all()
    assert tuple(fit[50, 5]) == (255, 0, 0) and tuple(fit[50, 95]) == (0, 0, 255)
    box = shown(validate({**said, "crop": "250,20,50,50"}), wide)
    assert (box == (0, 0, 255)).all()


def test_of_a_picture_that_is_fit_nothing_is_lost_and_nothing_smeared(photo):
    recipe = validate({"width": 100, "height": 60, "crop": "fit", "paper": "#ffff00"})
    made = placed(recipe, photo(50, 50))
    paper = torch.tensor(colour.linear_of(["#ffff00"])[0], dtype=torch.float32)[:, None, None]
    for picture in made:
        assert torch.allclose(picture[:, :, :20], paper.expand(3, 60, 20))
        assert torch.allclose(picture[:, :, 80:], paper.expand(3, 60, 20))
    mean = made.shown[:, :, 20:80].mean((1, 2))
    assert torch.allclose(made.blank[:, 30, 50], mean, atol=1e-5)


@pytest.mark.parametrize(
    "crop", ["", "contain", "1,2,3", "1,2,0,4", "-1,0,5,5", "1,2,3,x", "9999999,0,1,1"]
)
def test_ways_to_crop_that_are_none_are_refused(crop):
    with pytest.raises(InputError, match="write cover"):
        validate({"crop": crop})


def test_parts_that_a_picture_lacks_are_refused(photo):
    with pytest.raises(InputError, match="has 40 x 30 px, and no such part"):
        placed(validate({"crop": "30,0,11,5"}), photo(40, 30))


def test_draw_tells_of_it_and_a_flag_without_a_picture_is_refused(photo, tmp_path, capsys):
    size = ("--width", "32", "--height", "32", "--page", "40x50mm", "--margin", "4")
    size += ("--steps", "1", "--out", tmp_path / "runs")
    code, out, _ = says(capsys, "draw", "--like", photo(64, 32), *size, "--inks", "2")
    assert code == 0
    assert "photo.png: 50% of it is cut off, left and right, to fill 32 x 32 px" in out
    assert "--crop: is for pictures" in refused(capsys, "draw", "--crop", "fit", *size)


# A mask that has a photo's shape


@pytest.fixture
def marked(tmp_path):
    """Return a maker of a photo with a white square, and of a mask that is light on it alone."""

    def make(width, height, smaller=1):
        rgb = np.zeros((height, width, 3), np.uint8)
        rgb[height // 4 : height // 2, width // 8 : width // 3] = 255
        for name, scale in (("scene.png", 1), ("square.png", smaller)):
            Image.fromarray(rgb[::scale, ::scale]).save(tmp_path / name)
        return str(tmp_path / "scene.png"), str(tmp_path / "square.png")

    return make


@pytest.mark.parametrize("smaller", [1, 2])
@pytest.mark.parametrize("crop", ["cover", "fit", "20,10,160,60"])
@pytest.mark.parametrize("medium", ["pixels", "strokes"])
@pytest.mark.parametrize("as_origin", [False, True])
def test_a_mask_of_a_photos_shape_lies_where_the_photo_does(
    marked, smaller, crop, medium, as_origin
):
    photo, mask = marked(240, 120, smaller)
    terms = [{"target": "loom/conv2_1/3", "where": mask}]
    said = {"origin": photo} if as_origin else {}
    terms += [] if as_origin else [{"kind": "like", "picture": photo}]
    page = {"width": 50, "height": 60, "margin": 8, "scale": 2}
    recipe = validate(
        {"medium": medium, "page": page, "width": 100, "height": 120, "crop": crop, "paper": "#000"}
        | {"terms": terms, **said}
    )
    lit = placement.read_mask(recipe, mask).numpy() > 0.5
    square = shown(recipe, photo)[..., 1] > 188  # half as light, in linear light
    inside = placement.room(recipe)
    down, across = ((side - room) // 2 for side, room in zip(recipe.size, inside, strict=True))
    middle = np.s_[down : recipe.size[0] - down, across : recipe.size[1] - across]
    assert 50 < square.sum() < square.size / 2
    # Along the edges, a smaller copy may be one of its px off, which the drawing may show as two.
    ours, theirs = (np.argwhere(each[middle]) for each in (lit, square))
    assert abs(ours.min(0) - theirs.min(0)).max() <= 2 * smaller
    assert abs(ours.max(0) - theirs.max(0)).max() <= 2 * smaller
    said = placement.resized_masks(recipe)
    assert "square.png: lies as scene.png does, whose shape it has" in said


def test_a_mask_of_the_pages_shape_stays_the_pages(marked):
    photo, _ = marked(240, 120)
    whole = photo.replace("scene", "page")
    Image.fromarray(np.full((120, 100), 255, np.uint8)).save(whole)
    terms = [{"kind": "like", "picture": photo}, {"target": "loom/conv2_1/3", "where": whole}]
    recipe = validate({"width": 100, "height": 120, "crop": "fit", "terms": terms})
    assert placement.read_mask(recipe, whole).min() == 1
    assert placement.resized_masks(recipe) == []
