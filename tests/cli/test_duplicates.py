"""Duplicates at the command line, and that one step back brings back every figure exactly."""

from __future__ import annotations

import re
import shutil

import pytest
from click.testing import CliRunner

from crmetrics.catalogue import open_workspace
from crmetrics.cli.app import command_line
from crmetrics.intake import duplicates as service
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.warehouse.scope import Scope

ASKED = ("kpis.new_customers", "kpis.net_sales", "customers.churn_rate", "customers.repeat_purchase_rate")


@pytest.fixture(scope="module")
def demo(demo_company, tmp_path_factory):
    """A demo company of its own: what is decided here must not be seen by others."""
    folder = tmp_path_factory.mktemp("duplicates") / "demo"
    shutil.copytree(demo_company("en"), folder)
    return folder


def run(demo, *words):
    done = CliRunner().invoke(command_line(lambda *_given: None), ["--workspace", str(demo), "duplicates", *words])
    return done.exit_code, done.output


def figures(demo):
    catalogue = open_workspace(demo)
    found = {key: catalogue.ask(key) for key in ASKED}
    catalogue.engine.close()
    return {
        key: ([row.as_dict() for row in answer.rows], answer.total and answer.total.as_dict())
        for key, answer in found.items()
    }


def test_what_is_planted_is_listed_merged_and_taken_back_to_the_cent(demo):
    before = figures(demo)
    code, listed = run(demo)
    assert code == 0
    assert re.search(r"1  merge, 100%:  .* \(\d+\) = .* \(\d+\)", listed)
    assert "6 merges are sure (6 records less); 0 groups are to be asked about." in listed
    code, told = run(demo, "--effect")
    shown = re.search(r"Customers +(\d+) +(\d+) +−6", told)
    assert (code, bool(shown)) == (0, True)
    code, told = run(demo, "--merge", "sure")
    assert (code, "6 groups were made one record each; customers: " in told) == (0, True)
    after = figures(demo)
    assert after != before
    assert after["kpis.net_sales"] == before["kpis.net_sales"]
    with open_workspace(demo).warehouse(Scope()) as house:
        assert house.query("select count(*) as n from customers").one()["n"] == int(shown[2])
    assert run(demo) == (0, "No duplicates were found.\n")
    code, told = run(demo, "--undo", "--language", "tr")
    assert (code, told.startswith("Son adım geri alındı; müşteriler:")) == (0, True)
    assert figures(demo) == before


def test_what_is_not_the_same_is_not_proposed_again(demo):
    code, told = run(demo, "--apart", "2")
    assert (code, told.startswith("1 group is kept apart (customers)")) == (0, True)
    assert "5 merges are sure" in run(demo)[1]
    assert run(demo, "--undo")[0] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--merge", "99"), "'99' is no group of duplicates. They are numbered from 1 to 6."),
        (("--merge", "sure", "--undo"), "Choose one of --merge, --apart, --undo and --effect."),
        (("--merge", "1", "--take", "name"), "'name' is not of the form COLUMN=WAY, such as name=kept."),
        (("--merge", "1", "--take", "name=best"), "'name=best' says of no column whose value survives."),
        (("--undo",), "No duplicates were merged or kept apart that could be taken back."),
        (("--effect", "--of", "contacts"), "Merging contact persons changes no KPI"),
    ],
)
def test_mistakes_are_told_and_change_nothing(demo, words, told):
    code, output = run(demo, *words)
    assert (code, told in output) == (1, True)


def test_a_record_that_is_not_there_is_refused(demo):
    with pytest.raises(UnknownName, match="'nobody' is not among the records of 'customers'"):
        service.merge(demo, [("nobody", "0000019")])
