"""Charts as pictures: drawn with the typefaces of all four languages, or told which package is missing."""

import re
import struct

import pytest

from crmetrics.presenting import faces
from crmetrics.presenting.chart import drawings
from crmetrics.presenting.faces import MissingFace, advances, face_file, missing_faces
from crmetrics.presenting.font_runs import runs, split_runs
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.picture import as_png, as_svg
from crmetrics.presenting.theme import CHINESE_FACE, LATIN_FACE

pytestmark = pytest.mark.skipif(bool(missing_faces()), reason=" ".join(missing_faces()))


def format_of(language):
    return format_for(language, {"tr": "TRY", "uk": "UAH", "zh": "CNY"}.get(language, "EUR"), "Europe/Istanbul")


def test_every_chart_can_be_drawn(any_answer):
    for drawing in drawings(any_answer, format_of("zh")):
        svg = as_svg(drawing, "zh", mode="dark")
        assert svg.startswith("<svg")
        assert 'width="640"' in svg or 'width="641"' in svg
        families = set(re.findall(r'font-family="([^"]*)"', svg))
        assert families <= {LATIN_FACE, CHINESE_FACE}, families


def test_a_picture_is_as_large_as_asked(win_rate):
    drawing = drawings(win_rate, format_of("en"))[0]
    png = as_png(drawing, "en", width=400, scale=2)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", png[16:20])[0] == pytest.approx(800, abs=4)


def test_a_hostile_name_stays_text(win_rate):
    svg = as_svg(drawings(win_rate, format_of("en"))[0], "en")
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg


def test_letters_find_their_typeface():
    assert runs("张伟 Zhang") == [(CHINESE_FACE, "张伟"), (LATIN_FACE, " Zhang")]
    assert runs("ışğİ ієїґ ₺₴€") == [(LATIN_FACE, "ışğİ ієїґ ₺₴€")]
    # some versions of the Latin face have no minus, and all of the Chinese have
    assert "".join(part for _face, part in runs("−€3.50")) == "−€3.50"
    assert runs("¥10.8万") == [(LATIN_FACE, "¥10.8"), (CHINESE_FACE, "万")]
    assert runs("FM →") == [(LATIN_FACE, "FM "), (CHINESE_FACE, "→")]
    assert runs("") == []


def test_runs_stand_side_by_side_from_the_anchor():
    text = '<text x="10" text-anchor="end" font-family="X" font-size="10px" fill="#000">€1万</text>'
    svg = split_runs(text)
    places = [float(place) for place in re.findall(r'<tspan x="([-\d.]+)"', svg)]
    first = advances(LATIN_FACE, False).width("€1", 10)
    chinese = advances(CHINESE_FACE, False).width("万", 10)
    assert places == pytest.approx([10 - first - chinese, 10 - chinese], abs=0.01)
    assert chinese == pytest.approx(10)
    assert svg.count('text-anchor="start"') == 2


def test_lines_of_a_label_keep_their_places():
    svg = split_runs(
        '<text text-anchor="middle" font-size="11px"><tspan x="0">1月</tspan><tspan x="0" dy="12">2026</tspan></text>'
    )
    assert f'<tspan x="0" dy="12" font-family="{LATIN_FACE}">2026</tspan>' in svg
    assert f'font-family="{CHINESE_FACE}" xml:space="preserve">月</tspan>' in svg


def test_an_empty_label_is_left_out():
    assert split_runs('<g><text x="1"/><text x="2" font-family="X">a</text></g>') == (
        f'<g><text x="2" font-family="{LATIN_FACE}">a</text></g>'
    )


def test_advances_are_read_from_the_typeface():
    regular, bold = advances(LATIN_FACE, False), advances(LATIN_FACE, True)
    assert regular.per_em == 1000
    assert [regular.letters[ord(letter)] for letter in "Ai1 "] == [639, 258, 572, 260]
    assert bold.width("Aş", 10) > regular.width("Aş", 10)


def test_a_missing_typeface_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(faces, "_FOLDERS", ())
    monkeypatch.setattr(faces.shutil, "which", lambda _name: None)
    face_file.cache_clear()
    try:
        with pytest.raises(
            MissingFace, match=r"'Noto Sans CJK SC Bold' is not installed.*sudo apt install fonts-noto-cjk"
        ):
            face_file(CHINESE_FACE, True)
        assert len(missing_faces()) == 4
    finally:
        face_file.cache_clear()


def test_fontconfig_finds_what_stands_elsewhere(monkeypatch):
    if faces.shutil.which("fc-match") is None:
        pytest.skip("no fontconfig: apt install fontconfig")
    monkeypatch.setattr(faces, "_FOLDERS", ())
    face_file.cache_clear()
    try:
        assert face_file(LATIN_FACE, False).name.startswith("NotoSans")
    finally:
        face_file.cache_clear()
