"""What inkdream's pages share: how they look, small parts, and what they are written with.

    look.css        colours, type, controls
    preact-htm.js   Preact with htm (see the licences beside it)
    parts.js        a theme, what is kept between visits, copying, a sheet of keys

A page loads them in this order, before its own.
"""

from importlib import resources

SHARED = ("look.css", "preact-htm.js", "parts.js")


def shared_file(name: str) -> bytes:
    """Return one of the files in `SHARED`, as a browser takes it.

    Raises:
        KeyError: for any other name.
    """
    if name not in SHARED:
        raise KeyError(name)
    return resources.files(__name__).joinpath(name).read_bytes()
