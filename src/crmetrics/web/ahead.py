"""What is worked out before anybody asks: the first page, at the start and after each import, so that its first reader need not wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import Final

from crmetrics.catalogue import OpenCatalogue
from crmetrics.vocabulary.errors import CrmetricsError
from crmetrics.warehouse.scope import Viewer
from crmetrics.web.assets import make_ready
from crmetrics.web.desk import ASIDE
from crmetrics.web.home_page import usual_look
from crmetrics.web.site import Site
from crmetrics.workspace.people import NOBODY_YET, People

EVERY: Final = 2.0
"""Seconds from one look whether there is a new version to the next; a look costs reading one small file."""
LONGEST: Final = 60.0
"""Seconds after which no further viewer's page is begun, as the machine is there for who asks something."""
MOST: Final = 8
"""So many viewers' first pages are worked out: with many people each may have rows of his own."""
TEMPLATES: Final = ("home.html", "home_working.html", "analysis.html")
"""The pages that are opened first; to read a template the first time costs more than to fill it."""
_ORDER: Final = ("all", "team", "self")


@contextmanager
def looked_ahead(site: Site) -> Iterator[None]:
    """Keep the first page ready, in the background, for as long as this lasts."""
    stop = Event()
    thread = Thread(target=lambda: _keep_ready(site, stop), name="look-ahead", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(1)


def _keep_ready(site: Site, stop: Event) -> None:
    seen: OpenCatalogue | None = None
    while not stop.is_set():
        try:
            current = site.catalogue() if site.has_data else None
            if current is not seen:
                look_ahead(site, stop)
                if seen is None:
                    _make_ready(site)
                seen = current
        except (
            CrmetricsError
        ):  # settings that somebody is just writing, a state out of reach: the page tells what is wrong
            pass
        stop.wait(EVERY)


def _make_ready(site: Site) -> None:
    """What pages are made with, beside the answers."""
    for name in TEMPLATES:
        site.templates.get_template(name)
    make_ready(site.folder)


def look_ahead(site: Site, stop: Event | None = None) -> int:
    """Work out the first page of those who will open it; of how many viewers it is there then."""
    began, found = monotonic(), 0
    for viewer in viewers(site):
        if monotonic() - began > LONGEST or (stop is not None and stop.is_set()):
            break
        looked = usual_look(site, viewer)
        try:
            site.desk.ask(looked.question, ASIDE, looked.told).answer.result()
        except CrmetricsError:  # its reader is told when he asks
            site.desk.forget(looked.question)
        else:
            found += 1
    return found


def viewers(site: Site) -> tuple[Viewer, ...]:
    """Who may open the first page, those who see most first; people who see the same are one viewer."""
    people = People(site.state).all()
    if not people:
        return (NOBODY_YET.viewer(),) if site.access.is_local else ()
    known = dict.fromkeys(person.viewer() for person in people if not person.is_disabled)
    return tuple(sorted(known, key=lambda viewer: _ORDER.index(viewer.sees))[:MOST])
