import io

import numpy as np
from PIL import Image

from inkdream.atlas.sheets import Cells, make_sheets
from inkdream.pictures import Inked
from tests.atlas.examples import picture


def shown(sheet, cells):
    image = Image.open(io.BytesIO(sheet.png))
    assert image.mode == "P"
    assert max(image.size) <= 4096
    return np.array(image.convert("RGBA"))


def cell(sheet, cells, place):
    top, left = place // cells.columns * cells.height, place % cells.columns * cells.width
    return shown(sheet, cells)[top : top + cells.height, left : left + cells.width]


def test_every_tile_lies_in_its_cell_in_exactly_its_inks():
    pictures = [picture(number) for number in range(150)]
    cells = Cells.of([picture.labels.shape for picture in pictures])
    sheets = list(make_sheets(pictures, cells))
    # 256 colours hold 63 tiles of 4 inks and one for the ground.
    assert [sheet.count for sheet in sheets] == [63, 63, 24]
    assert [sheet.first for sheet in sheets] == [0, 63, 126]
    for sheet in sheets:
        for place in range(sheet.count):
            part = cell(sheet, cells, place)
            assert np.array_equal(part[..., :3], pictures[sheet.first + place].rgb())
            assert (part[..., 3] == 255).all()


def test_a_smaller_tile_lies_in_the_middle_and_nothing_beside_it():
    pictures = [picture(0), picture(1, width=8, height=4)]
    cells = Cells.of([picture.labels.shape for picture in pictures])
    (sheet,) = make_sheets(pictures, cells)
    part = cell(sheet, cells, 1)
    assert np.array_equal(part[6:10, 4:12, :3], pictures[1].rgb())
    assert np.count_nonzero(part[..., 3]) == 8 * 4


def test_large_drawings_are_shown_smaller():
    wide = Inked(np.zeros((300, 3000), np.uint8), np.array([[9, 8, 7]], np.uint8))
    cells = Cells.of([wide.labels.shape])
    assert (cells.width, cells.height) == (256, 26)
    (sheet,) = make_sheets([wide], cells)
    assert (cell(sheet, cells, 0) == [9, 8, 7, 255]).all()


def test_sheets_stay_within_what_every_browser_shows():
    pictures = [picture(0, 256, 256)] * 130
    for sheet in make_sheets(pictures, Cells.of([(256, 256)])):
        assert max(Image.open(io.BytesIO(sheet.png)).size) <= 4096
