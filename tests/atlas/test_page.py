import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from inkdream.atlas.page import STATIC, excited, ranks, write_page
from tests.atlas.examples import CHANNELS, add_tile, make_atlas, picture


@pytest.fixture
def atlas(tmp_path):
    return make_atlas(tmp_path, 20)


def table(folder):
    return json.loads((folder / "atlas.json").read_text())


def test_all_that_the_page_needs_lies_beside_it(atlas):
    index = write_page(atlas)
    assert index == atlas / "index.html"
    known = table(atlas)
    for name in (*STATIC, "atlas.js", *known["sheets"]):
        assert (atlas / name).stat().st_size > 0, name
    script = (atlas / "atlas.js").read_text()
    assert json.loads(script.removeprefix("window.ATLAS = ").rstrip(";\n")) == known
    # No name on the page is of another host.
    assert "//" not in index.read_text()


def test_a_tile_is_where_the_page_looks_for_it(atlas):
    write_page(atlas)
    known = table(atlas)
    cells = known["tile"]
    for number, tile in enumerate(known["tiles"]):
        left = tile["place"] % cells["columns"] * cells["width"]
        top = tile["place"] // cells["columns"] * cells["height"]
        with Image.open(atlas / known["sheets"][tile["sheet"]]) as sheet:
            box = (left, top, left + cells["width"], top + cells["height"])
            part = np.array(sheet.convert("RGB").crop(box))
        assert np.array_equal(part, picture(number).rgb())


def test_the_page_depends_on_the_tiles_alone(atlas, tmp_path):
    write_page(atlas)
    first = {path.name: path.read_bytes() for path in atlas.iterdir() if path.is_file()}
    other = tmp_path / "other"
    for number in reversed(range(20)):
        add_tile(other, number)
    write_page(other)
    write_page(other)
    assert first == {path.name: path.read_bytes() for path in other.iterdir() if path.is_file()}


def test_old_sheets_go_and_other_files_stay(atlas):
    for name in ("sheet-7.png", "sheet-x.png", "notes.txt"):
        (atlas / name).write_text("old")
    write_page(atlas)
    assert not (atlas / "sheet-7.png").exists()
    assert (atlas / "sheet-x.png").read_text() == (atlas / "notes.txt").read_text() == "old"


def test_an_atlas_without_a_tile_yet_has_a_page(tmp_path):
    (tmp_path / "runs").mkdir()
    assert write_page(tmp_path).is_file()
    assert table(tmp_path)["tiles"] == []


def test_classes_have_their_names(tmp_path):
    values = [float(number) for number in range(1000)]
    response = {"layer": "efficientnet_lite0/logits", "values": values}
    keys = {"network": "efficientnet_lite0", "layer": "logits", "response": response}
    add_tile(tmp_path, 94, **keys, label="hummingbird")
    add_tile(tmp_path, 1, network="own", layer="logits", label="mine")
    write_page(tmp_path)
    layer = table(tmp_path)["layers"]["efficientnet_lite0/logits"]
    assert layer["channels"] == 1000
    assert layer["labels"][94] == "hummingbird"


def test_what_is_excited_besides_is_not_what_was_asked_for(atlas):
    write_page(atlas)
    for tile in table(atlas)["tiles"]:
        channels = [channel for channel, _ in tile["excites"]]
        scores = [score for _, score in tile["excites"]]
        assert tile["channel"] not in channels
        assert set(channels) <= set(range(CHANNELS))
        assert scores == sorted(scores, reverse=True)
        assert min(scores) > 0
    assert excited(np.array([-1.0, -2.0]), None) == []


def test_ranks_are_places():
    assert ranks([3.0, 1.0, 2.0, 1.0]) == [3, 0, 2, 1]


NO_TORCH = """
import sys
from pathlib import Path
from inkdream.atlas.page import write_page
write_page(Path(sys.argv[1]))
assert "torch" not in sys.modules
"""


def test_the_page_is_written_without_torch(atlas):
    subprocess.run([sys.executable, "-c", NO_TORCH, str(atlas)], check=True)
