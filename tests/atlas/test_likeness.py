import numpy as np
import pytest

from inkdream.atlas.likeness import compare, components, nearest, spread_evenly, standardised, tone
from inkdream.atlas.reading import read_tiles
from tests.atlas.examples import add_tile, make_atlas

VECTORS = np.random.default_rng(0).normal(size=(40, 12)) * np.arange(1, 13)


def test_standardised_channels_have_one_scale():
    vectors = VECTORS.copy()
    vectors[:, 3] = 1e6
    standard = standardised(vectors)
    assert np.allclose(standard.mean(0), 0)
    assert np.allclose(standard.std(0), np.arange(12) != 3)


def test_the_nearest_of_a_cluster_are_its_own():
    centres = np.repeat(np.eye(4) * 9, 5, axis=0)
    vectors = centres + np.random.default_rng(1).normal(size=centres.shape) / 4
    for number, near in enumerate(nearest(vectors, most=4)):
        assert number not in near
        assert {other // 5 for other in near} == {number // 5}
    assert [len(near) for near in nearest(vectors[:3])] == [2, 2, 2]


@pytest.mark.parametrize("shape", [(40, 12), (10, 12)])
def test_components_hold_as_much_of_the_spread_as_two_directions_can(shape):
    centred = VECTORS[: shape[0]] - VECTORS[: shape[0]].mean(0)
    spread = components(centred)
    most = np.linalg.svd(centred, compute_uv=False)[:2]
    assert np.allclose(np.linalg.norm(spread, axis=0), most)
    assert spread[:, 0] @ spread[:, 1] == pytest.approx(0, abs=1e-6)
    # A mirrored copy lands on the same map.
    assert np.allclose(components(centred[:, ::-1]), spread)


def test_places_keep_their_order_and_stay_on_the_map():
    spread = components(VECTORS - VECTORS.mean(0))
    places = spread_evenly(spread)
    assert places.min() == 0
    assert places.max() == 1
    assert np.array_equal(np.argsort(places, axis=0), np.argsort(spread, axis=0))
    assert np.array_equal(spread_evenly(np.ones((1, 2))), np.zeros((1, 2)))


def test_layers_are_compared_apart(tmp_path):
    make_atlas(tmp_path, 12)
    for number in range(20, 26):
        add_tile(tmp_path, number, response={"layer": "loom/conv3_1", "values": [1.0, number]})
    add_tile(tmp_path, 30, response=None)
    tiles, _ = read_tiles(tmp_path)
    likeness = compare(tiles)
    for number, near in enumerate(likeness.near[:12]):
        assert number not in near
        assert max(near) < 12
    assert all(12 <= min(near) <= max(near) < 18 for near in likeness.near[12:18])
    assert likeness.near[18] == []
    assert likeness.scores[18] is None
    assert sorted(likeness.rank) == list(range(19))
    assert likeness.places.min() >= 0
    assert likeness.places.max() <= 1


def test_without_a_response_looks_decide(tmp_path):
    for number in range(6):
        add_tile(tmp_path, number % 3 + 10 * (number // 3), response=None, seed=number)
    for number, home in enumerate(sorted((tmp_path / "runs").iterdir())):
        twin = sorted((tmp_path / "runs").iterdir())[number // 2 * 2]
        (home / "drawing.png").write_bytes((twin / "drawing.png").read_bytes())
    tiles, _ = read_tiles(tmp_path)
    keys = sorted(tile.facts.key for tile in tiles)
    twins = {key: keys[number ^ 1] for number, key in enumerate(keys)}
    likeness = compare(tiles)
    for tile, near in zip(tiles, likeness.near, strict=True):
        assert tiles[near[0]].facts.key == twins[tile.facts.key]


def test_colours_are_sorted_greys_first_then_round_the_hues():
    order = ["#111111", "#999999", "#ff0000", "#ffee00", "#00ff00", "#0000ff", "#ff00ff"]
    tones = [tone([ink, "#ffffff"], [0.5, 0.5]) for ink in order]
    assert tones == sorted(tones)
    # What is vivid is what counts, though most be black.
    assert tone(["#000000", "#00ff00"], [0.7, 0.3])[1] == pytest.approx(tones[4][1], abs=0.01)
    assert tone([], []) < tones[0]
