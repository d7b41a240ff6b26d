"""What pages load beside themselves: made once, whole, whoever asks first."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import vl_convert

from crmetrics.web.assets import chart_library


def test_two_who_make_the_chart_library_at_once_both_get_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the first reader and the server, which makes it ready at its start."""
    both = Barrier(2)

    def made(told: str) -> str:
        both.wait(10)
        return told + "x" * 1_000_000

    monkeypatch.setattr(vl_convert, "javascript_bundle", made)
    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(chart_library, [tmp_path, tmp_path]))
    assert {len(gzip.decompress(each)) for each in got} == {1_000_000 + len("window.vegaEmbed = vegaEmbed;")}
    assert [each.suffix for each in (tmp_path / "cache").iterdir()] == [".gz"]
