"""What a task costs: processor time and peak memory, each time in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Cost:
    """Processor seconds (user and system, all threads), peak memory in MB, and what the task gave back for comparison."""

    cpu: float
    peak: float
    result: Any


def cost_of(task: str, runs: int, **given: Any) -> Cost:
    """The median cost of a task of `benchmarks.tasks` over so many fresh processes."""
    found = [_run(task, given) for _ in range(runs)]
    return Cost(median(each.cpu for each in found), median(each.peak for each in found), found[-1].result)


def fit_cost(python: str, by: str, customers: Path, runs: int) -> Cost:
    """The median cost of a fit of `benchmarks/fits.py` by that Python, over so many fresh processes."""
    script = str(Path(__file__).parent / "fits.py")
    found = [_told([python, script, str(customers), by]) for _ in range(runs)]
    return Cost(median(each.cpu for each in found), median(each.peak for each in found), found[-1].result)


def _run(task: str, given: dict[str, Any]) -> Cost:
    return _told([sys.executable, "-m", "benchmarks.tasks", task, json.dumps(given)])


def _told(words: list[str]) -> Cost:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stderr}")
    told = json.loads(done.stdout.splitlines()[-1])
    return Cost(told["cpu"], told["peak"], told["result"])
