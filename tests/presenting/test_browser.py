"""Charts in a real browser: drawn under a strict content security policy, without eval, at any width."""

import json

import pytest

from crmetrics.presenting.chart import drawings
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.theme import config, filled

pytestmark = pytest.mark.browser

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"
PAGE = """<!doctype html><html><head><title>charts</title><link rel="stylesheet" href="/page.css"></head>
<body><div id="chart"></div><script src="/bundle.js"></script></body></html>"""
OPTIONS = {
    "actions": False,
    "renderer": "svg",
    "ast": True,
    "defaultStyle": False,
    "tooltip": {"disableDefaultStyle": True},
}
DRAW = """async ([spec, options]) => {
  const place = document.getElementById("chart");
  await vegaEmbed(place, spec, options);
  const wide = place.getBoundingClientRect();
  const texts = [...place.querySelectorAll("text")].filter((each) => each.textContent);
  const inside = (each) => { const box = each.getBoundingClientRect();
    return box.left >= wide.left - 1 && box.right <= wide.right + 1; };
  return {
    texts: texts.map((each) => each.textContent),
    outside: texts.filter((each) => !inside(each)).map((each) => each.textContent),
    marks: place.querySelectorAll("svg path, svg rect, svg line").length,
  };
}"""


@pytest.fixture(scope="module")
def page(browser):
    """A page with the chart library, nothing else allowed on it."""
    from vl_convert import javascript_bundle

    answers = {
        "/": ("text/html; charset=utf-8", PAGE),
        "/bundle.js": ("text/javascript; charset=utf-8", javascript_bundle() + "\n"),
        "/page.css": ("text/css", "body{margin:0}#chart{width:100%}"),
    }
    tab = browser.new_page()
    tab.told = []
    tab.on("console", lambda message: tab.told.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: tab.told.append(str(error)))

    def serve(route):
        kind, body = answers.get(route.request.url.removeprefix("http://charts.test"), ("text/plain", ""))
        route.fulfill(body=body, headers={"content-type": kind, "content-security-policy": POLICY})

    tab.route("**/*", serve)
    tab.goto("http://charts.test/")
    yield tab
    tab.close()


@pytest.mark.parametrize("width", [340, 720])
def test_every_chart_is_drawn_without_a_violation(page, any_answer, width):
    page.set_viewport_size({"width": width, "height": 900})
    for drawing in drawings(any_answer, format_for("uk", "UAH", "Europe/Istanbul")):
        page.told.clear()
        options = OPTIONS | {"config": config("light")}
        drawn = page.evaluate(DRAW, [filled(drawing.spec, "light"), json.loads(json.dumps(options))])
        assert page.told == []
        assert drawn["marks"] > 1
        assert "undefined" not in " ".join(drawn["texts"])
        assert drawn["outside"] == []
