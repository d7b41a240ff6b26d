"""The page about the models is run from top to bottom, as a reader would."""

from __future__ import annotations

import re

import pytest

import crmetrics.models
from tools.docs import ROOT

PAGE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def told() -> list[str]:
    """What the examples print, one after the other in one place."""
    lines: list[str] = []
    place = {"print": lambda *parts: lines.append(" ".join(str(part) for part in parts))}
    for number, block in enumerate(BLOCKS):
        exec(compile(block, f"docs/models.md, example {number + 1}", "exec"), place)
    return lines


def test_every_example_runs(told):
    assert len(BLOCKS) >= 7
    assert any(line.startswith("r 0.") for line in told)
    assert "all_bought_once - All customers bought once: nothing tells how often they come back, or whether." in told
    assert "half have ended after 8" in told
    assert "[0.46  0.436 0.414]" in told


def test_the_page_names_every_model_and_no_other():
    named = set(re.findall(r"^\| `(\w+)`", PAGE, re.MULTILINE))
    assert named - {
        "no_customers",
        "all_bought_once",
        "no_dropout",
        "same_dropout",
        "infinite_mean",
        "no_maximum",
    } == set(crmetrics.models.__all__) - {"CannotFit"}


def test_the_readme_leads_there():
    assert "docs/models.md" in (ROOT / "README.md").read_text(encoding="utf-8")
