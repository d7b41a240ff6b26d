"""The picture of the README, taken of the demo company's pages: `python -m tools.picture`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "first-page.png"
PAGE = "a/sales.performance"
ADDRESS = "http://127.0.0.1:8769/"
CRMETRICS = Path(sys.executable).with_name("crmetrics")


@contextmanager
def served() -> Iterator[None]:
    """The demo company, served for as long as the picture takes."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([CRMETRICS, "--workspace", folder, "demo"], check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen(
            [CRMETRICS, "--workspace", folder, "serve", "--port", "8769"], stdout=subprocess.DEVNULL
        )
        try:
            wait_for_pages()
            yield
        finally:
            server.terminate()
            server.wait(timeout=20)


def wait_for_pages(seconds: float = 30) -> None:
    """Return once the pages answer; TimeoutError if they never do."""
    for _attempt in range(int(seconds / 0.25)):
        try:
            with urllib.request.urlopen(ADDRESS, timeout=5):
                return
        except urllib.error.URLError:
            time.sleep(0.25)
    raise TimeoutError(f"{ADDRESS} did not answer within {seconds:.0f} seconds")


def take(path: Path) -> None:
    """Photograph the page with the system's Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1360, "height": 940}, color_scheme="light", device_scale_factor=1)
        page.goto(f"{ADDRESS}{PAGE}")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1500)  # charts are drawn after the page is there
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with served():
        take(PICTURE)
    print(f"{PICTURE.relative_to(ROOT)} written")
