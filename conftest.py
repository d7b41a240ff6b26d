"""What the machine must have for some of the tests: said once, at the head of every run."""

import os
import re
import shutil
import subprocess
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

JAVA_NEEDED = 17

# Far from UTC on purpose, for Python and for Java: a figure that leans on the machine's own zone shows here.
os.environ["TZ"] = "Pacific/Apia"
time.tzset()
# Spark's many small questions are four times quicker without Java's second compiler, which pays only over minutes.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


@cache
def java_missing() -> str:
    """Say why the tests on Spark cannot run here; blank if they can."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed: pip install 'crmetrics[spark]'"
    home = os.environ.get("JAVA_HOME", "")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        return "no Java runtime was found: apt install openjdk-17-jre-headless"
    told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < JAVA_NEEDED:
        found = f"Java {version[1]}" if version else f"'{java}'"
        return f"{found} is too old, Spark needs {JAVA_NEEDED} or newer: apt install openjdk-17-jre-headless"
    return ""


@cache
def browser() -> str:
    """The path of Chromium, or blank."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))
    return next((path for path in found if path), "")


@cache
def data_missing() -> str:
    folder = os.environ.get("CRMETRICS_TEST_DATA", "")
    if not folder:
        return "CRMETRICS_TEST_DATA is not set: it names the folder of the real data sets"
    return "" if Path(folder).is_dir() else f"CRMETRICS_TEST_DATA names '{folder}', which is not a folder"


def pytest_report_header() -> list[str]:
    browser_missing = "" if browser() else "no Chromium was found: apt install chromium"
    needs = {"Spark": java_missing(), "browser": browser_missing, "real data": data_missing()}
    return [f"{name}: {f'SKIPPED, {missing}' if missing else 'yes'}" for name, missing in needs.items()]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark, missing in (("spark", java_missing()), ("browser", "" if browser() else "no Chromium was found")):
            if missing and item.get_closest_marker(mark) is not None:
                item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser that pages are tried in: the system's own, so that nothing is downloaded."""
    if not browser():
        pytest.skip("no Chromium was found: apt install chromium")
    return browser()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets, named by CRMETRICS_TEST_DATA; tests that need it are skipped without it."""
    if data_missing():
        pytest.skip(data_missing())
    return Path(os.environ["CRMETRICS_TEST_DATA"])
