"""How long a person waits in a browser until a page is complete: all its parts loaded, and every chart drawn."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median

from benchmarks.pages import Running

GOAL = 1000.0
RUNS = 5
LONGEST = 600_000.0
"""Milliseconds until an answer that nobody has asked yet must be there."""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
DRAWN = """() => document.readyState === "complete" && !document.querySelector("[data-waiting]")
    && Array.from(document.querySelectorAll(".vz")).every((chart) => "ready" in chart.dataset)"""


def complete(workspace: Path, path: str) -> dict[str, float]:
    """Milliseconds of the clock from the address to the complete page, medians of some runs; nothing where there is no Chromium.

    first  in a browser that has never been here: style, script and the library of charts are sent and read, too
    after  in one that has them
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return {}
    from playwright.sync_api import Browser, sync_playwright

    from crmetrics.web.application import application

    def waits(browser: Browser, address: str) -> tuple[float, float]:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.set_default_timeout(LONGEST)
        found = []
        for _time in range(2):
            page.goto(address)
            page.wait_for_function(DRAWN)
            found.append(float(page.evaluate("performance.now()")))
            page.goto("about:blank")
        context.close()
        return found[0], found[1]

    with Running(application(workspace, "en")) as address, sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=list(FLAGS))
        waits(browser, address + path)  # the answer is worked out, the browser has started
        told = [waits(browser, address + path) for _run in range(RUNS)]
        browser.close()
    return {
        "first ms": median(first for first, _after in told),
        "after ms": median(after for _first, after in told),
        "goal": GOAL,
    }
