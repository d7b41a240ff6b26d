"""The choice between calendar and business time, and what the reader must know of it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from crmetrics.analysis.answer import Note
from crmetrics.analysis.choices import Options
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.warehouse import Warehouse

_ = words("crmetrics")

Clock = Annotated[
    Literal["calendar", "business"], Options("Counted in", calendar="calendar days", business="business days")
]
BusinessFirst = Annotated[
    Literal["business", "calendar"], Options("Counted in", business="business days", calendar="calendar days")
]
USUAL_HOURS: Final = Note(_("No business hours are given, so Monday to Friday from 9 to 18 counts."))
NO_HOLIDAYS: Final = Note(_("No holidays are given, so only weekends are left out."))


def calendar_note(warehouse: Warehouse, clock: str) -> tuple[Note, ...]:
    """Whose free days a figure in business days leaves out; nothing where it counts calendar days."""
    if clock != "business":
        return ()
    profile = warehouse.profile
    if profile.holidays_from:
        told = _("Free days are those of {calendar}, from {package}.")
        return (Note(told(calendar=profile.calendar, package=profile.holidays_from)),)
    return () if profile.rows("holidays") else (NO_HOLIDAYS,)


def hours_note(warehouse: Warehouse, clock: str) -> tuple[Note, ...]:
    """Which opening hours a figure in business minutes counts, and whose free days it leaves out."""
    if clock != "business":
        return ()
    usual = () if warehouse.profile.rows("business_hours") else (USUAL_HOURS,)
    return (*usual, *calendar_note(warehouse, clock))
