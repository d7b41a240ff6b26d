"""A connection with a browser: who sends or reads too slowly is let go, so that he takes no place from others."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

LOOKS_EVERY: Final = 5.0
"""Seconds from one look at a connection to the next."""
HEAD_WITHIN: Final = 15.0
"""Seconds within which the head of a request must be there, from the connection or the last answer on."""
LEAST_RATE: Final = 1_000
"""Bytes a second that somebody who sends a form or a file, or takes an answer, must manage on average ..."""
PATIENCE: Final = 30.0
"""... over so many seconds: a break in a train's tunnel is not held against him."""
LARGEST_HEAD: Final = 32_768
"""Bytes of a request's head; the longest address of ours, with all filters, is a tenth of it."""
MOST: Final = 500
"""Connections at a time. When there are more, one goes of which no request has come, else the new one."""


class Connection(H11Protocol):
    """HTTP as uvicorn speaks it, with limits of time. A reader who waits for his answer is never hurried."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._look: asyncio.TimerHandle | None = None
        self._idle_since: float | None = None
        self._received = self._unsent = 0
        self._slow, self._is_full = 0.0, False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it
        """Begin, if there is room."""
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        if len(self.connections) > MOST:
            self._makes_room().transport.abort()
        self._look = self.loop.call_later(LOOKS_EVERY, self._looked_at)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes."""
        self._received += len(data)
        super().data_received(data)

    def pause_writing(self) -> None:
        """More waits to be sent than is good; the application is held up."""
        self._is_full = True
        super().pause_writing()

    def resume_writing(self) -> None:
        """There is room again."""
        self._is_full = False
        super().resume_writing()

    def _makes_room(self) -> Connection:
        """Who has waited longest without a request; this one if all others are being served."""
        waiting = [
            each
            for each in self.connections
            if isinstance(each, Connection)
            and each._has_no_request
            and each._idle_since is not None
            # who has been let go is still counted until the loop comes to it, and makes no room a second time
            and not each.transport.is_closing()
        ]
        return min(waiting, key=lambda each: each._idle_since or 0.0, default=self)

    @property
    def _has_no_request(self) -> bool:
        return self.conn.their_state is h11.IDLE

    def _looked_at(self) -> None:
        if self._is_too_late() or self._is_too_slow():
            self.transport.abort()
        else:
            self._look = self.loop.call_later(LOOKS_EVERY, self._looked_at)

    def _is_too_late(self) -> bool:
        """Whether the head of a request is not there in time."""
        if not self._has_no_request or self.transport.get_write_buffer_size():
            self._idle_since = None
            return False
        if self._idle_since is None:
            self._idle_since = self.loop.time()
        return self.loop.time() - self._idle_since >= HEAD_WITHIN

    def _is_too_slow(self) -> bool:
        """Whether a body comes, or an answer is taken, more slowly than is borne, for longer than is borne."""
        least, unsent = LEAST_RATE * LOOKS_EVERY, self.transport.get_write_buffer_size()
        is_sending = self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused
        # only then nothing is added to what waits to be sent, so that what is gone was taken
        is_taking = unsent > 0 and (self._is_full or self._has_no_request)
        is_slow = (is_sending and self._received < least) or (is_taking and self._unsent - unsent < least)
        self._received, self._unsent = 0, unsent
        self._slow = self._slow + LOOKS_EVERY if is_slow else 0.0
        return self._slow >= PATIENCE
