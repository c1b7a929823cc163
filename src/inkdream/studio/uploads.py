"""Files that are dropped on the page: counted while they come, named by what they hold."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator
from typing import Any

from inkdream.errors import InputError, RunError
from inkdream.studio.desks import Desk
from inkdream.studio.places import Places

# Of all uploads together; what a run was drawn from lies in its own folder too.
MOST_BYTES = 2**31


async def take(stream: AsyncIterator[bytes], places: Places, desk: Desk) -> dict[str, Any]:
    """Keep a file; return its id, and what it is.

    The name that it had is not looked at: an upload is called by the digest of its bytes, with the
    ending of what it is found to be.

    Args:
        stream: its bytes; whoever sends more than is allowed is stopped before.
        places: where it goes.
        desk: who looks at it.

    Raises:
        InputError: if it is nothing that a drawing can be made of, or there is no room for it.
        RunError: if it cannot be written.
    """
    places.uploads.mkdir(parents=True, exist_ok=True)
    used = sum(path.stat().st_size for path in places.uploads.iterdir() if path.is_file())
    if used > MOST_BYTES:
        raise InputError(f"{places.uploads}: holds {used / 2**30:.1f} GiB; remove what is not used")
    digest = hashlib.sha256()
    aside = places.uploads / f".{secrets.token_hex(8)}.aside"
    try:
        with aside.open("xb") as file:
            async for part in stream:
                digest.update(part)
                file.write(part)
        about = await desk.ask("look_at", path=str(aside))
        name = f"{digest.hexdigest()[:16]}.{about.pop('ending')}"
        aside.replace(places.uploads / name)
    except OSError as error:
        raise RunError(f"the file cannot be kept ({error.strerror or error})") from error
    finally:
        aside.unlink(missing_ok=True)
    return {"id": name, "url": f"/api/uploads/{name}", **about}
