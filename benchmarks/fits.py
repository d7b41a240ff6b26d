"""One fit of a BG/NBD model to a million customers, ours or that of `lifetimes`: `python fits.py FILE ours|lifetimes`.

It is run by the Python that has the library, in a process of its own, and prints its cost and what it found as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

TRUTH: Final = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
"""Parameters of the customers that are drawn, in weeks: those of CDNOW."""


def customers_of(count: int, folder: Path) -> Path:
    """So many customers drawn from the model, to the day: repeat purchases, weeks to the last one, weeks since the first."""
    path = folder / f"customers-{count}.npz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(5)
        rate = rng.gamma(TRUTH["r"], 1 / TRUTH["alpha"], count)
        leaves = rng.beta(TRUTH["a"], TRUTH["b"], count)
        age = rng.integers(27 * 7, 104 * 7, count) / 7
        frequency, recency, now = np.zeros(count), np.zeros(count), np.zeros(count)
        alive = np.arange(count)
        while len(alive):
            now[alive] += rng.exponential(1 / rate[alive])
            alive = alive[now[alive] <= age[alive]]
            frequency[alive] += 1
            recency[alive] = now[alive]
            alive = alive[rng.random(len(alive)) >= leaves[alive]]
        np.savez(path, frequency=frequency, recency=np.ceil(recency * 7) / 7, age=age)
    return path


def fitted(by: str, frequency: Any, recency: Any, age: Any) -> dict[str, float]:
    """The parameters and the log-likelihood per customer."""
    if by == "ours":
        from crmetrics.models import BetaGeometric

        model = BetaGeometric.fit(frequency, recency, age)
        found = {name: getattr(model, name) for name in TRUTH}
        return {**found, "log_likelihood": model.log_likelihood / len(age)}
    from lifetimes import BetaGeoFitter  # type: ignore[import-not-found]  # installed for this comparison alone

    other = BetaGeoFitter(penalizer_coef=0.0).fit(frequency, recency, age)
    found = {name: float(other.params_[name]) for name in TRUTH}
    # what it keeps of the likelihood is that of its scaled time: here it is in weeks, as ours
    in_weeks = other._negative_log_likelihood(
        np.log(list(found.values())), frequency, recency, age, np.ones(len(age)), 0
    )
    return {**found, "log_likelihood": -float(in_weeks)}


def main() -> None:
    """Measure one fit; what the imports cost is not part of it."""
    path, by = sys.argv[1:]
    customers = np.load(path)
    arrays = [customers[name] for name in ("frequency", "recency", "age")]
    fitted(by, *(each[:1000] for each in arrays))
    started = time.process_time()
    found = fitted(by, *arrays)
    cpu = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"cpu": cpu, "peak": peak, "result": found}) + "\n")


if __name__ == "__main__":
    main()
