"""The examples in the models' docstrings are run; their door loads a model when it is named."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import crmetrics.models
import crmetrics.vocabulary.errors
from crmetrics.models import CannotFit

NAMES = sorted(each.name for each in pkgutil.iter_modules(crmetrics.models.__path__))


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_true(name):
    module = importlib.import_module(f"crmetrics.models.{name}")
    assert doctest.testmod(module).failed == 0


def test_every_name_of_the_door_opens():
    for name in crmetrics.models.__all__:
        assert getattr(crmetrics.models, name).__name__ == name
    with pytest.raises(AttributeError, match=r"crmetrics\.models has no 'BetaGeo'; it has BetaGeometric"):
        _ = crmetrics.models.BetaGeo


def test_the_door_loads_nothing_until_a_model_is_named():
    told = "import sys, crmetrics.models; print(sorted({'numpy', 'scipy'} & sys.modules.keys()))"
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_refusal_is_an_error_that_people_can_read():
    assert issubclass(CannotFit, crmetrics.vocabulary.errors.CrmetricsError)
