"""The pages that people read are true."""

import json

import pytest
from click.testing import CliRunner

from crmetrics.cli.app import command_line
from tools.docs import BLOCK, ROOT, changed, problems

SALES = """\
OrderNo;Line;CustomerNo;CustomerName;Sku;ProductName;Group;OrderedAt;Store;Quantity;Price;Discount
A1;1;K1;Çınar Ltd;S1;Çay;Gıda;05.01.2026 10:00;0;2;1.250,50;
A1;2;K1;Çınar Ltd;S2;Şeker;Gıda;05.01.2026 10:00;0;1;99,90;9,90
A2;1;K2;-;S1;Çay;Gıda;06.02.2026 11:30;7;1;1.250,50;yok
"""


@pytest.fixture
def page(tmp_path):
    (tmp_path / "Makefile").write_text("demo: ## shows it\n\techo\n", encoding="utf-8")

    def written(text):
        (tmp_path / "README.md").write_text(text, encoding="utf-8")
        return problems(tmp_path)

    return written


def test_every_page_is_true():
    assert problems() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[the decisions](DECISIONS.md)", "'DECISIONS.md' is linked but not there"),
        ("![the page](docs/images/page.png)", "'docs/images/page.png' is linked but not there"),
        ("```toml\n[orders\n```\n", "a TOML example cannot be read"),
        ("    make coffee\n", "'make coffee' is named"),
        ("Run `make coffee` first.", "'make coffee' is named"),
    ],
)
def test_what_is_not_true_is_told(page, text, said):
    told = page(text)
    assert len(told) == 1
    assert told[0].startswith("README.md: ")
    assert said in told[0]


def test_what_is_true_is_accepted(page):
    assert page("# It\n\n[top](#it), [a site](https://example.org)\n\n    make demo\n\n```toml\n[orders]\n```\n") == []


def test_reference_pages_are_what_the_product_says():
    assert changed() == [], "run `make docs`"


def test_the_mapping_of_the_readme_does_what_the_readme_says(tmp_path):
    (tmp_path / "sales-2026.csv").write_text(SALES, encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (tmp_path / "mapping.toml").write_text(BLOCK.findall(readme)[0], encoding="utf-8")

    def crmetrics(*words):
        run = CliRunner().invoke(command_line(lambda *_given: None), words)
        assert run.exit_code == 0, run.output
        return run.stdout

    folder = str(tmp_path / "my-company")
    crmetrics("init", folder)
    told = crmetrics(
        "--workspace", folder, "import", str(tmp_path / "sales-2026.csv"), "--mapping", str(tmp_path / "mapping.toml")
    )
    assert "odd" not in told
    answer = json.loads(
        crmetrics("--workspace", folder, "ask", "sales.performance", "--period", "2026", "--by", "channel", "--json")
    )
    assert {row["party"]: row["amount"] for row in answer["rows"]} == {"online": 2591.00, "store": 1250.50}
    assert (answer["currency"], answer["period"]["zone"]) == ("TRY", "Europe/Istanbul")
