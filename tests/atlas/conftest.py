import pytest

from inkdream.atlas.page import write_page
from tests.atlas.examples import add_tile, make_atlas


@pytest.fixture(scope="session")
def index(tmp_path_factory):
    """Return the page of 60 tiles and one that failed; it is only looked at."""
    folder = make_atlas(tmp_path_factory.mktemp("atlas"), 60)
    add_tile(folder, 99, label="sea_slug")
    (folder / "failed.json").write_text(
        '[{"key": "00", "title": "loom/conv4_1/60", "error": "its worker was killed 3 times"}]'
    )
    return write_page(folder)
