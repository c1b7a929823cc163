import json
import os

import numpy as np
import pytest
from PIL import Image

from inkdream.atlas.page import write_page
from inkdream.atlas.reading import MOST_TABLE, read_tiles
from inkdream.errors import InputError
from tests.atlas.examples import add_tile, make_atlas, picture


def change(home, **keys):
    path = home / "tile.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **keys}))


def deep(home):
    (home / "tile.json").write_text("[" * 100_000)


def large(home):
    (home / "tile.json").write_text(" " * (MOST_TABLE + 1))


def linked_drawing(home):
    (home / "drawing.png").rename(home.parent.parent / "elsewhere.png")
    (home / "drawing.png").symlink_to(home.parent.parent / "elsewhere.png")


def linked_folder(home):
    home.rename(home.parent.parent / "elsewhere")
    home.symlink_to(home.parent.parent / "elsewhere")


def piped(home):
    (home / "recipe.toml").unlink()
    os.mkfifo(home / "recipe.toml")


def bomb(home):
    Image.new("1", (30_000, 30_000)).save(home / "drawing.png")


def cut_short(home):
    content = (home / "drawing.png").read_bytes()
    (home / "drawing.png").write_bytes(content[: len(content) // 2])


HOSTILE = {
    "nested too deep": deep,
    "too large": large,
    "a link to a picture": linked_drawing,
    "a link to a tile": linked_folder,
    "a pipe": piped,
    "a bomb": bomb,
    "cut short": cut_short,
    "no number": lambda home: (home / "tile.json").write_text(
        (home / "tile.json").read_text().replace('"gap": ', '"gap": NaN, "was": ')
    ),
    "infinite": lambda home: change(home, score_strict=float("inf")),
    "words for a number": lambda home: change(home, channel="17"),
    "another's key": lambda home: change(home, key="0" * 16),
    "a path for a key": lambda home: change(home, key="../../etc"),
    "no colour": lambda home: change(home, inks=[{"colour": "url(//x)", "share": 1}]),
    "a long title": lambda home: change(home, title="x" * 10_000),
    "no TOML": lambda home: (home / "recipe.toml").write_text("[[["),
    "no text": lambda home: (home / "recipe.toml").write_bytes(b"\xff\xfe\x00"),
    "no recipe": lambda home: (home / "recipe.toml").unlink(),
    "no drawing": lambda home: (home / "drawing.png").unlink(),
    "of another size": lambda home: change(home, width=15),
    "no PNG": lambda home: (home / "drawing.png").write_text("<svg/>"),
    "another format": lambda home: change(home, format=2),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_cannot_be_read_is_named_and_left_out(tmp_path, what):
    make_atlas(tmp_path, 3)
    home = add_tile(tmp_path, 7)
    HOSTILE[what](home)
    tiles, left_out = read_tiles(tmp_path)
    assert [tile.facts.channel for tile in tiles] == [0, 1, 2]
    (each,) = left_out
    assert each.key == home.name
    assert each.error
    assert "\n" not in each.error
    assert str(tmp_path) not in each.error
    table = json.loads((write_page(tmp_path).parent / "atlas.json").read_text())
    assert len(table["tiles"]) == 3
    assert table["failed"] == [{"key": home.name, "title": home.name, "error": each.error}]


def test_tiles_are_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 9, 100, 2):
        add_tile(tmp_path, number)
    add_tile(tmp_path, 9, seed=3)
    tiles, _ = read_tiles(tmp_path)
    assert [(tile.facts.channel, tile.facts.seed) for tile in tiles] == [
        (2, 0),
        (9, 0),
        (9, 3),
        (10, 0),
        (100, 0),
    ]


def test_a_tile_that_is_not_done_yet_is_passed_over(tmp_path):
    make_atlas(tmp_path, 2)
    (add_tile(tmp_path, 5) / "tile.json").unlink()
    tiles, left_out = read_tiles(tmp_path)
    assert len(tiles) == 2
    assert not left_out


def test_failed_tiles_are_named_until_they_are_drawn(tmp_path):
    done = add_tile(tmp_path, 1)
    entry = {"key": "f" * 16, "title": "loom/conv4_1/4", "error": "killed"}
    listed = [entry, {**entry, "key": done.name}]
    (tmp_path / "failed.json").write_text(json.dumps(listed))
    _, left_out = read_tiles(tmp_path)
    assert [(each.key, each.error) for each in left_out] == [("f" * 16, "killed")]
    (tmp_path / "failed.json").write_text('{"failed": 3}')
    _, left_out = read_tiles(tmp_path)
    assert "failed.json" in left_out[0].error


def test_pictures_are_read_in_exactly_their_colours(tmp_path):
    make_atlas(tmp_path, 2)
    tiles, _ = read_tiles(tmp_path)
    for number, tile in enumerate(tiles):
        assert np.array_equal(tile.picture.rgb(), picture(number).rgb())


def test_a_picture_of_many_colours_is_shown_in_a_few(tmp_path):
    home = add_tile(tmp_path, 3)
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for image in (Image.fromarray(ramp).convert("P"), Image.fromarray(np.stack([ramp] * 3, -1))):
        image.save(home / "drawing.png")
        ((tile,), _) = read_tiles(tmp_path)
        shown = tile.picture.rgb().astype(int)
        assert 8 <= len(tile.picture.inks) <= 24
        assert np.abs(shown - ramp[..., None]).max() < 20


def test_a_folder_without_tiles_is_no_atlas(tmp_path):
    with pytest.raises(InputError, match="is no atlas"):
        read_tiles(tmp_path)
