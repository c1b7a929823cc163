"""The map by t-SNE: neighbours stay neighbours, what is kept is not computed again."""

import json
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from inkdream.atlas import tsne
from inkdream.atlas.likeness import components, standardised
from inkdream.atlas.page import write_page
from inkdream.atlas.tsne import Maps
from tests.atlas.examples import make_atlas

# Eight clusters, each as far from all others: on two principal components some lie together.
CENTRES = np.repeat(np.eye(8) * 9.0, 12, axis=0)
NOISE = np.random.default_rng(0).normal(size=CENTRES.shape)
VECTORS = standardised(CENTRES + NOISE)


class Answering:
    """Stands for the process: counts what it is asked, and answers as it is told."""

    def __init__(self, places):
        self.places, self.asked = places, 0

    def __call__(self, module):
        return self

    def ask(self, request):
        self.asked += 1
        return {"places": self.places} if self.places is not None else {"error": "why"}

    def close(self):
        pass


@pytest.fixture
def answering(monkeypatch):
    def made(places):
        fake = Answering(places)
        monkeypatch.setattr(tsne, "Worker", fake)
        monkeypatch.setattr(tsne, "find_spec", lambda name: name)
        return fake

    return made


def test_clusters_that_two_components_lay_together_lie_apart(tmp_path):
    pytest.importorskip("sklearn", reason="needs the extra map")
    maps = Maps(tmp_path)
    places = maps.places(VECTORS)
    assert maps.method == "t-SNE"

    def own(points):
        """Return the share of drawings whose nearest is of their cluster."""
        apart = np.linalg.norm(points[:, None] - points[None], axis=2)
        np.fill_diagonal(apart, np.inf)
        return np.mean(np.argmin(apart, axis=1) // 12 == np.arange(len(points)) // 12)

    assert own(places) > 0.95 > own(components(VECTORS))
    # The same again, in another process.
    assert np.array_equal(Maps(tmp_path).places(VECTORS), places)


def test_what_is_kept_is_asked_for_no_more_until_the_drawings_change(answering, tmp_path):
    places = np.random.default_rng(1).normal(size=(96, 2)).tolist()
    process = answering(places)
    for _ in range(2):
        maps = Maps(tmp_path)
        assert maps.places(VECTORS).tolist() == places
        maps.keep()
    assert process.asked == 1
    process.places = places[1:]
    Maps(tmp_path).places(VECTORS[1:])
    assert process.asked == 2
    # What somebody has damaged is made anew.
    kept = tmp_path / tsne.KEPT
    kept.write_text(json.dumps(dict.fromkeys(json.loads(kept.read_text()), 1)))
    process.places = places
    assert Maps(tmp_path).places(VECTORS).tolist() == places


@pytest.mark.parametrize("places", [None, [[0.0, 0.0]], [["x", 1]] * 96, [[float("nan"), 1]] * 96])
def test_where_the_process_gives_nothing_components_do(answering, tmp_path, places):
    process, maps = answering(places), Maps(tmp_path)
    assert np.array_equal(maps.places(VECTORS), components(VECTORS))
    assert process.asked == 1 and maps.method == "principal components"


def test_few_drawings_or_all_alike_need_no_process(answering, tmp_path):
    process = answering(None)
    for vectors in (VECTORS[:5], np.zeros((40, 3))):
        assert Maps(tmp_path).places(vectors).shape == (len(vectors), 2)
    assert not process.asked


def test_without_scikit_learn_the_page_says_what_its_map_shows(monkeypatch, tmp_path):
    monkeypatch.setattr(tsne, "find_spec", lambda name: None)
    write_page(make_atlas(tmp_path, 14))
    assert json.loads((tmp_path / "atlas.json").read_text())["map"] == "principal components"
    assert not (tmp_path / tsne.KEPT).exists()


@pytest.mark.skipif(find_spec("sklearn") is None, reason="needs the extra map")
def test_the_page_itself_loads_no_scikit_learn(tmp_path):
    make_atlas(tmp_path, 14)
    words = "import sys; from pathlib import Path; from inkdream.atlas.page import write_page; "
    words += f"write_page(Path({str(tmp_path)!r})); sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0
    assert json.loads((tmp_path / "atlas.json").read_text())["map"] == "t-SNE"
