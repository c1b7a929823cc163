"""A studio for tests of its page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studio.serving import Client, opened


@pytest.fixture(scope="module")
def studio(tmp_path_factory) -> Iterator[tuple[Path, Client]]:
    """A studio with two runs that are finished: lines, and areas that were drawn after them."""
    pytest.importorskip("playwright.sync_api")
    from tests.studio.visiting import AREAS, LINES

    folder = tmp_path_factory.mktemp("studio") / "runs"
    with opened(folder) as (_, client):
        for table, name in ((LINES, "lines"), (AREAS, "areas")):
            _, made = client.post("/api/runs", table=table, name=name)
            client.wait_for(made["id"], "finished")
        yield folder, client
