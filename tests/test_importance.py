"""A mask of importance: likeness counts more where it is white, and lines begin there first."""

import numpy as np
import pytest
import torch
from PIL import Image

from inkdream.cli.options import DrawFlags, TermFlags
from inkdream.drawing.starts import along
from inkdream.errors import InputError
from inkdream.objectives import scoring
from inkdream.objectives.likeness import Like
from inkdream.objectives.views import whole
from inkdream.optimize.session import Session
from inkdream.placement import emphasis, importance
from tests.running import climbed
from tests.toys import chance, small

PAGE = {"size": "100x100mm", "scale": 0.8, "margin": 5}


@pytest.fixture
def files(tmp_path):
    """A photo of stripes all over, a mask that is white on its left half, and a black one."""
    stripes = np.uint8(np.arange(64) // 4 % 2 * 200)[None, :, None].repeat(64, 0).repeat(3, 2)
    left = np.zeros((64, 64), np.uint8)
    left[:, :32] = 255
    for name, picture in {"photo": stripes, "left": left, "black": 0 * left}.items():
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    return tmp_path


def recipe(files, mask="", **said):
    term = {"kind": "like", "picture": str(files / "photo.png")}
    term |= {"importance": str(files / f"{mask}.png")} if mask else {}
    strokes = {"count": 60, "length": 25.0, "spans": 3}
    return small(
        medium="strokes", pens="black:0.6", page=PAGE, terms=[term], strokes=strokes, **said
    )


def score(made, image):
    made_objective = scoring.objective(made, {})
    seen = made_objective.look({}, image, whole)
    return float(made_objective.scores(seen)[made_objective.terms[0].name])


def test_likeness_counts_more_where_the_mask_is_white(files):
    plain, left = recipe(files), recipe(files, "left")
    (term,) = scoring.objective(plain, {}).terms
    assert isinstance(term, Like)
    halves = []
    for right in (True, False):
        image = term.target.clone()
        half = slice(40, 80) if right else slice(0, 40)
        image[:, :, half] = term.blank[:, :, half]
        halves.append(image)
    wrong_right, wrong_left = halves
    assert score(plain, wrong_right) == pytest.approx(score(plain, wrong_left), abs=0.05)
    # 1 of 5 parts of all that counts, and 4.
    assert score(left, wrong_right) == pytest.approx(0.8, abs=0.05)
    assert score(left, wrong_left) == pytest.approx(0.2, abs=0.05)
    assert score(left, term.target) == pytest.approx(1)


def test_a_black_mask_changes_nothing(files):
    image = torch.rand(3, 80, 80, generator=chance())
    plain = score(recipe(files), image)
    assert score(recipe(files, "black"), image) == pytest.approx(plain, abs=1e-5)
    counts = importance(recipe(files), str(files / "left.png"))
    assert float(counts.max()) == 4 and float(counts.min()) == 1


def test_lines_begin_where_the_mask_is_white(files):
    made = recipe(files, "left")
    picture = torch.rand(3, *made.size, generator=chance())
    middles = [
        along(picture, 2000, 4, made.page, 10.0, chance(), where).mean(1)[:, 0]
        for where in (None, emphasis(made))
    ]
    plain, emphasised = (float((x < 50).float().mean()) for x in middles)
    assert plain == pytest.approx(0.5, abs=0.05)
    assert emphasised == pytest.approx(0.8, abs=0.05)


def test_a_drawing_is_more_like_its_photo_there(files):
    difference = []
    for mask in ("", "left"):
        session = climbed(Session(recipe(files, mask, steps=60, seed=2)))
        with torch.no_grad():
            drawn = session.result.image(0.0)
        difference.append(score(recipe(files, "left"), drawn))
    assert difference[1] > difference[0]


def test_the_flag_is_for_pictures_to_be_like(files):
    photo, mask = str(files / "photo.png"), str(files / "left.png")
    flags = DrawFlags(strokes=50, wanted=TermFlags(like=[photo], detail_mask=mask))
    made = flags.recipe(None, compare=False)
    assert made.terms[0].importance == mask and mask in made.files
    with pytest.raises(InputError, match="none is named"):
        DrawFlags(wanted=TermFlags(detail_mask=mask)).recipe(None, compare=False)
