"""Every backend against the definition in float64, on odd shapes."""

import pytest
import torch

from tests.raster.scenes import (
    BACKENDS,
    SCENES,
    define,
    draw,
    gradients,
    judge,
    leaves,
    strict,
    to,
    use,
    wander,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:triton.*")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", SCENES)
def test_agrees_with_the_definition(monkeypatch, backend, name):
    device = use(monkeypatch, backend)
    make, *page = SCENES[name]
    picture, measured = gradients(draw, to(make(), device), None, page)
    expected, true = gradients(define, to(make(), torch.float64), None, page)
    assert (picture.cpu() - expected).abs().max() < 3e-6
    judge(measured, true)


@pytest.mark.parametrize("backend", BACKENDS)
def test_slopes_are_those_of_central_differences(monkeypatch, backend):
    device = use(monkeypatch, backend)
    found, page = to(leaves(wander(11, 3, 4, 12, 14), 2), device), (12, 14, 1.5)
    pull = torch.randn(3, 12, 14, generator=torch.Generator().manual_seed(3)).to(device)
    _, measured = gradients(draw, found, pull, page)
    for name, gradient in measured.items():
        generator = torch.Generator().manual_seed(4)
        way = torch.randn(gradient.shape, generator=generator).to(device) * 1e-2
        ahead, behind = (found | {name: found[name] + sign * way} for sign in (1, -1))
        rise = ((draw(ahead, page) - draw(behind, page)) * pull).sum() / 2
        slope = (gradient * way).sum()
        assert abs(rise - slope) < 2e-2 * gradient.norm() * way.norm(), name


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_same_again_to_the_last_bit(monkeypatch, backend):
    device = use(monkeypatch, backend)
    found = to(leaves(wander(12, 6, 5, 17, 31), 4), device)
    first, pulls = gradients(draw, found, None, (17, 31, 2.0))
    again, pulls_again = gradients(draw, found, None, (17, 31, 2.0))
    assert torch.equal(first, again)
    assert all(torch.equal(pulls[name], pulls_again[name]) for name in pulls)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 3e38])
def test_geometry_that_is_not_finite_is_not_drawn(monkeypatch, backend, bad):
    device = use(monkeypatch, backend)
    found = to(leaves(wander(13, 2, 3, 9, 9), 2), device)
    alone = {name: tensor[1:] if name != "paper" else tensor for name, tensor in found.items()}
    alone["colours"] = found["colours"]
    found["lines"][0] = bad
    whole = draw(found, (9, 9, 0.645))
    assert torch.equal(whole, draw(alone, (9, 9, 0.645)))


@pytest.mark.parametrize("backend", BACKENDS)
def test_pictures_without_gradient(monkeypatch, backend):
    device = use(monkeypatch, backend)
    found = to(strict(leaves(wander(14, 3, 4, 9, 9), 2)), device)
    with torch.no_grad():
        picture = draw(found, (9, 9, 0.645))
    assert picture.min() >= 0
    assert picture.max() <= 1


@pytest.mark.parametrize("name", ["three pens", "strict", "dots and repeats"])
def test_float64_is_drawn_by_plain_torch(name):
    make, *page = SCENES[name]
    picture, measured = gradients(draw, to(make(), torch.float64), None, page)
    expected, true = gradients(define, to(make(), torch.float64), None, page)
    assert (picture - expected).abs().max() < 1e-12
    for each, expected in true.items():
        assert (measured[each] - expected).abs().max() < 1e-9
