import pytest


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    """Give every test settings of its own, so that nobody's real pens are read."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "settings"


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a pen file and returns its path."""

    def write_(text, name="mine.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_
