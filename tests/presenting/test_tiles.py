"""Tiles: short figures of unlike units, their status as a word with its tone, and no number on too few cases."""

from dataclasses import replace

from crmetrics.analysis import Table
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.tiles import Tile, tiles
from crmetrics.vocabulary.unit import POINTS, SHARE, Figure

ENGLISH = format_for("en", "EUR", "Europe/Istanbul")


def test_a_tile_tells_value_change_and_status(scorecard):
    assert tiles(scorecard, ENGLISH) == (
        Tile("Win rate", "46.4%", "55.0%", "−8.6\u00a0pp", "behind", "bad", False),
        Tile("Net sales", "€104.6k", "€119,000", "−12.1%", "close", "warn", False),
    )


def test_on_too_few_cases_there_is_no_number(scorecard):
    rows = scorecard.rows
    columns = {column.name: [rows.values(column.name)[0]] for column in rows.row.columns}
    columns |= {"status": ["few"], "value": [Figure(0.5, SHARE)], "change": [Figure(0.1, POINTS)]}
    few = replace(scorecard, result=replace(scorecard.result, rows=Table(rows.row, columns)))
    tile = tiles(few, ENGLISH)[0]
    assert (tile.is_few, tile.value, tile.tone) == (True, "", "")


def test_other_answers_have_no_tiles(win_rate, locked):
    assert tiles(win_rate, ENGLISH) == tiles(locked, ENGLISH) == ()
