"""What programs send: one JSON object, within limits."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request


async def object_sent(request: Request, most: int) -> dict[str, Any] | None:
    """The object that was sent, of at most so many bytes; None for anything else, and for one too deep to be read."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > most:
        return None
    try:
        given = json.loads(await request.body())
    except (ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None
