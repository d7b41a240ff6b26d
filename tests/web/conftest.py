"""One site for all browser tests, and a page of the browser: a page on which every console error and every refusal is a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.serving import serving


@pytest.fixture(scope="session")
def site(demo_company: Callable[[str], Path]) -> Iterator[str]:
    """The address of a running site over the demo company."""
    with serving(demo_company("en")) as (base, _site):
        yield base


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A new page, light and as wide as a desk's; its console must stay clean."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    shown = context.new_page()
    faults: list[str] = []
    shown.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    shown.on("pageerror", lambda error: faults.append(str(error)))
    yield shown
    context.close()
    assert faults == []
