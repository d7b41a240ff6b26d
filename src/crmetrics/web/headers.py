"""The headers of every answer: what a page may load, who may keep it, and on what it hangs."""

from __future__ import annotations

from secrets import randbelow, token_hex
from typing import Final

from fastapi.responses import Response

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
OF_WHOM: Final = "Cookie, Authorization"
"""What an answer hangs on beside its address: a cache that keeps it all the same must not hand it to another."""


def with_headers(response: Response) -> Response:
    """The answer with what all have; what it says of itself already stays."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "no-store" in response.headers["Cache-Control"]:
        response.headers.add_vary_header(OF_WHOM)
    # how long a packed page is must not tell what it holds (its form token) to who listens and can make it repeat a text
    response.headers["X-Length"] = token_hex(randbelow(64) + 1)
    return response
