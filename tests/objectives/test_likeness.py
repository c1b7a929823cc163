"""Likeness: 1 for the picture itself, 0 for a blank page, and blind to what the eye is blind to."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from inkdream import colour
from inkdream.errors import InputError
from inkdream.objectives import Objective, Seen, TermView, scoring
from inkdream.objectives.likeness import (
    LEAST_SIDE,
    SCALES,
    Like,
    colours_apart,
    scales,
    slopes_apart,
)
from inkdream.objectives.views import whole
from tests.objectives.made import STROKES, gain, half, painted, terms_of
from tests.toys import chance, small

SIZE = (48, 56)


def soft(seed=0, size=SIZE, dtype=torch.float32):
    """A picture with soft shapes of all colours."""
    coarse = torch.rand(1, 3, 5, 6, generator=chance(seed), dtype=dtype)
    return F.interpolate(coarse, size, mode="bicubic")[0].clamp(0.02, 0.98)


def like(target, **said):
    blank = target.mean((1, 2), keepdim=True).expand_as(target).contiguous()
    return Like(name="like", target=target, blank=blank, **said)


def score(term, picture, mask=None):
    return term.score(Seen(picture, picture[None], mask=mask))


@pytest.mark.parametrize("edges", [0.0, 0.5, 10.0])
@pytest.mark.parametrize("size", [SIZE, (16, 130), (9, 8)])
def test_the_picture_itself_scores_1_and_a_blank_page_0(size, edges):
    target = soft(size=size)
    term = like(target, edges=edges)
    assert float(score(term, target)) == pytest.approx(1, abs=1e-5)
    assert float(score(term, term.blank)) == pytest.approx(0, abs=1e-5)
    assert float(score(term, 1 - target)) < 0


@pytest.mark.parametrize("edges", [0.0, 1.0])
def test_the_score_rises_all_the_way_from_a_blank_page_to_the_picture(edges):
    term = like(soft(), edges=edges)
    steps = [torch.lerp(term.blank, term.target, share) for share in torch.linspace(0, 1, 9)]
    scores = [float(score(term, picture)) for picture in steps]
    assert scores == sorted(scores)
    assert min(np.diff(scores)) > 0.05


@pytest.mark.parametrize("edges", [0.0, 0.7])
def test_the_gradient_is_right(edges):
    term = like(soft(1, (20, 17), torch.float64), edges=edges)
    picture = soft(2, (20, 17), torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda each: score(term, each), (picture,), fast_mode=True)


def test_equal_pictures_have_no_gradient_that_is_no_number():
    target = soft()
    picture = target.clone().requires_grad_()
    score(like(target, edges=1.0), picture).backward()
    assert torch.isfinite(picture.grad).all()


def test_what_the_eye_melts_is_the_tone_that_its_light_has():
    size = 512
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    fine = ((rows + columns) % 2).float().expand(3, -1, -1).contiguous()
    ramp = torch.linspace(0.1, 0.9, size).expand(3, size, -1)
    dots = (torch.rand(size, size, generator=chance()) < ramp[0]).float().expand(3, -1, -1)
    grey = torch.full_like(fine, 0.5)
    # Half the light is 0.5 in linear RGB; as sRGB it would be 0.21.
    melted = [colours_apart(scales(fine), scales(tone)) for tone in (grey, 0.21 * grey / 0.5)]
    assert all(float(each.mean()) < 0.01 for each in melted[0])
    assert all(float(each.mean()) > 0.15 for each in melted[1])
    term = like(ramp.contiguous())
    assert float(score(term, dots.contiguous())) > 0.5
    assert float(score(term, ramp.flip(2))) < 0


def test_the_eye_blurs_by_2_px_of_512():
    line = torch.zeros(3, 16, 512)
    line[..., 256] = 1
    light = colour.oklab_to_linear(scales(line)[0], axis=0)[0, 8]
    spread = (light * (torch.arange(512) - 256) ** 2).sum() / light.sum()
    assert math.sqrt(float(spread)) == pytest.approx(2, rel=0.1)


def test_edges_ask_for_edges():
    columns = torch.linspace(-1, 1, SIZE[1])
    target = (0.5 + 0.4 * torch.tanh(20 * columns)).expand(3, *SIZE).contiguous()
    hazy = (0.5 + 0.4 * torch.tanh(4 * columns)).expand(3, *SIZE).contiguous()
    pale = 0.5 + 0.55 * (target - 0.5)
    # Each is about as far in colour; the paler one has its edge in its place.
    plain, edged = like(target), like(target, edges=5.0)
    hazy_loss = float(score(plain, hazy) - score(edged, hazy))
    pale_loss = float(score(plain, pale) - score(edged, pale))
    assert hazy_loss > pale_loss + 0.05


def test_a_flat_picture_is_measured_too():
    flat = torch.full((3, 20, 20), 0.4)
    term = like(flat, edges=1.0)
    assert float(score(term, flat)) == pytest.approx(1, abs=1e-5)
    assert float(score(term, torch.zeros_like(flat))) < -1
    picture = soft(size=(20, 20)).requires_grad_()
    score(term, picture).backward()
    assert torch.isfinite(picture.grad).all()


@pytest.mark.parametrize("edges", [0.0, 10.0])
def test_a_flat_picture_is_not_measured_against_nothing(edges):
    flat = torch.full((3, 20, 20), 0.4)
    assert -1000 < float(score(like(flat, edges=edges), soft(size=(20, 20)))) < 0


def test_only_what_lies_under_the_mask_counts():
    target = soft()
    mask = torch.zeros(1, *SIZE)
    mask[..., : SIZE[1] // 2] = 1
    left = target.clone()
    left[..., SIZE[1] - 6 :] = 1 - left[..., SIZE[1] - 6 :]
    right = target.clone()
    right[..., :6] = 1 - right[..., :6]
    term = like(target)
    assert float(score(term, left, mask)) > float(score(term, left)) + 0.02
    assert float(score(term, right, mask)) < float(score(term, right)) - 0.02
    term = like(target, term_view=TermView(mask="m"))
    picture = soft(3).requires_grad_()
    objective = Objective([term], {"m": mask[0]})
    objective.scores(objective.look({}, picture, whole))["like"].backward()
    assert (picture.grad[..., SIZE[1] // 2 :] == 0).all()
    assert (picture.grad[..., : SIZE[1] // 2] != 0).any()


def test_a_picture_of_another_size_is_compared_with_the_same_target():
    term = like(soft(size=(96, 112)))
    smaller = F.interpolate(term.target[None], SIZE, mode="bilinear", antialias=True)[0]
    assert float(score(term, smaller)) > 0.99
    assert float(score(term, soft(4))) < 0.5


@pytest.mark.parametrize(
    ("size", "count"), [((512, 512), SCALES), ((LEAST_SIDE, 90), 1), ((4 * LEAST_SIDE, 64), 3)]
)
def test_scales_halve_until_nothing_is_left_to_see(size, count):
    found = scales(soft(size=size))
    assert len(found) == count
    for number, each in enumerate(found):
        assert tuple(each.shape) == (3, size[0] >> number, size[1] >> number)


def test_scales_are_blurred_before_they_are_halved():
    # Stripes of 3 px, halved as they are, would beat with the new px.
    stripes = (torch.arange(66) % 3 == 0).float().expand(3, 66, -1).contiguous()
    near, further = (float(each[0].std()) for each in scales(stripes)[:2])
    assert further < 0.25 * near


@pytest.mark.parametrize("apart", [colours_apart, slopes_apart])
def test_pictures_are_apart_where_they_differ(apart):
    first = soft(size=(64, 64))
    second = first.clone()
    second[:, 40:, 40:] = soft(9, (64, 64))[:, 40:, 40:]
    assert all((each == 0).all() for each in apart(scales(first), scales(first)))
    there = apart(scales(first), scales(second))[0]
    assert there.shape == (1, 64, 64)
    assert (there >= 0).all()
    assert there[:, 42:, 42:].mean() > 20 * there[:, :30, :30].mean() + 1e-6


def test_slopes_do_not_see_a_tone_that_is_everywhere_another():
    first = soft()
    lab = [torch.cat([each[:1] + 0.1, each[1:]]) for each in scales(first)]
    assert all(float(each.max()) < 1e-4 for each in slopes_apart(scales(first), lab))


def test_slopes_down_count_as_slopes_across():
    first, second = soft(size=(40, 40)), soft(9, (40, 40))
    upright = slopes_apart(scales(first), scales(second))
    turned = [scales(each.transpose(1, 2).contiguous()) for each in (first, second)]
    for one, other in zip(upright, slopes_apart(*turned), strict=True):
        torch.testing.assert_close(other, one.transpose(1, 2))


def test_it_needs_no_network_and_no_views(tmp_path):
    picture = painted(tmp_path / "a.png")
    recipe = small(terms=[{"kind": "like", "picture": picture}])
    assert scoring.networks(recipe) == {}
    objective = scoring.objective(recipe, {})
    assert objective.layers == ()
    assert not objective.terms[0].needs_views

    def never(image):
        raise AssertionError("nobody looks at views")

    image = torch.rand(3, *recipe.size, generator=chance())
    seen = objective.look({}, image, never)
    assert torch.isfinite(objective.scores(seen)[objective.terms[0].name])


@pytest.mark.parametrize("medium", [{}, STROKES], ids=["pixels", "strokes"])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_recipe_s_picture_is_where_the_drawing_shows_it(tmp_path, medium, turn):
    picture = painted(tmp_path / "a.png", size=(90, 70))
    (term,) = terms_of({"kind": "like", "picture": picture, "turn": turn}, **medium)
    recipe = small(**medium)
    upright = SimpleNamespace(rows=recipe.size[0], columns=recipe.size[1])
    drawn = torch.rot90(term.target, -turn // 90, (1, 2))
    assert tuple(drawn.shape[1:]) == (upright.rows, upright.columns)
    objective = Objective([term])
    found = objective.scores(objective.look({}, drawn, whole))[term.name]
    assert float(found) == pytest.approx(1, abs=1e-5)
    if medium:
        # The margin is paper, in the target as in what it is measured against.
        margin = round(recipe.page.margin * recipe.page.scale)
        for each in (term.target, term.blank):
            assert (each[:, :margin] == 1).all()
            assert (each[..., -margin:] == 1).all()
        inside = term.target[:, margin:-margin, margin:-margin]
        torch.testing.assert_close(inside.mean((1, 2)), term.blank[:, margin, margin])


@pytest.mark.parametrize(
    ("medium", "rise"),
    [({"width": 40, "height": 48}, 0.05), (STROKES, 0.2)],
    ids=["areas", "lines"],
)
def test_a_climb_makes_a_drawing_more_like_its_picture(tmp_path, medium, rise):
    picture = painted(tmp_path / "a.png", seed=1)
    assert gain({"kind": "like", "picture": picture}, origin="", **medium) > rise


def test_a_climb_in_a_region_leaves_the_rest(tmp_path):
    picture = painted(tmp_path / "a.png")
    where = half(tmp_path / "half.png")
    assert gain({"kind": "like", "picture": picture, "where": where}, origin="") > 0.03


def test_edges_are_a_recipe_s_word(tmp_path):
    picture = painted(tmp_path / "a.png")
    plain, edged = (
        terms_of({"kind": "like", "picture": picture, **more})[0] for more in ({}, {"edges": 2.0})
    )
    assert (plain.edges, edged.edges) == (0.0, 2.0)
    assert plain.name == f"like {picture.rpartition('/')[2]}"


def test_what_is_no_picture_is_named_in_one_line(tmp_path):
    (tmp_path / "words.png").write_text("no picture")
    Image.new("RGB", (4, 4)).save(tmp_path / "tiny.png")
    for name in ("words.png", "missing.png"):
        with pytest.raises(InputError) as error:
            terms_of({"kind": "like", "picture": str(tmp_path / name)})
        assert name in str(error.value)
    assert terms_of({"kind": "like", "picture": str(tmp_path / "tiny.png")})
