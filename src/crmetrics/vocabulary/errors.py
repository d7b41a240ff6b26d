"""What can go wrong through a user's doing: one family, each error saying what is wrong and the way out."""

from __future__ import annotations

from crmetrics.vocabulary.language import Message


class CrmetricsError(Exception):
    """A mistake that the reader can mend. Doors show its message as it stands, in the reader's language."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class UnknownName(CrmetricsError):
    """A key, dimension, choice or language that does not exist."""


class BadValue(CrmetricsError):
    """A value that is not of the expected form: a period, a date, a number, a setting."""


class BadSettings(BadValue):
    """The settings of the workspace cannot be read: until they are mended nothing can be asked."""


class NoState(BadSettings):
    """What the product itself keeps, people and rights among it, cannot be reached: until it can, nothing can be asked."""


class BadFile(CrmetricsError):
    """A source file that cannot be read."""


class BadDatabase(CrmetricsError):
    """A database on a server that cannot be reached, refuses, or lacks what is asked of it."""


class BadMapping(CrmetricsError):
    """A mapping file that does not fit the files or the canonical tables."""


class BadQuery(CrmetricsError):
    """SQL outside the closed language: a qualified or unknown table, a function that is not on the list."""


class Busy(CrmetricsError):
    """Another import is at work in this workspace."""


class BeingStopped(Busy):
    """The program itself is being stopped: what is not finished is broken off, and may be asked again when it is back."""


class NoSpace(CrmetricsError):
    """The disk is full, or a folder cannot be written."""


class NoWorkspace(CrmetricsError):
    """The folder holds no workspace, or no data yet."""


class NoEngine(CrmetricsError):
    """An engine that was asked for is not on this machine: Spark, or the Java that it needs."""


class NotSignedIn(CrmetricsError):
    """Who asks is not known: he must sign in, or his token no longer holds."""


class NotAllowed(CrmetricsError):
    """Who asks is known, and has no right to it."""


class TooManyTries(CrmetricsError):
    """Signing in failed too often: `seconds` must pass before the next try."""

    def __init__(self, message: Message, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds
