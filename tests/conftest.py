import pytest

# As they stand in plot_files: what a person gets.
LARGE = {"PREVIEW_SIDE": 1600, "GIF_SIDE": 480, "GIF_FRAMES": 50}
SMALL = {"PREVIEW_SIDE": 200, "GIF_SIDE": 120, "GIF_FRAMES": 6}


@pytest.fixture(autouse=True)
def small_previews(monkeypatch):
    """Runs in tests show their plots small: previews have tests of their own, at full size."""
    from inkdream.run import plot_files

    for name, value in SMALL.items():
        monkeypatch.setattr(plot_files, name, value)


@pytest.fixture
def large_previews(small_previews, monkeypatch):
    """For tests that compare with a run made at full size."""
    from inkdream.run import plot_files

    for name, value in LARGE.items():
        monkeypatch.setattr(plot_files, name, value)
