"""The pages that people read are true."""

import pytest

from tools.docs import problems


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
