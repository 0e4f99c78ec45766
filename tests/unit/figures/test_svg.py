"""SVG: parses, holds real text, refers to nothing outside, is the same every time."""

import dataclasses
import subprocess
import sys
from typing import Any

import pytest
from lxml import etree

import example_results as ex
from embogen.figures.kaplan_meier import km_drawing
from embogen.figures.of_analysis import figure_of
from embogen.figures.shapes import Drawing, Label
from embogen.figures.svg import inline_svg, svg_of
from embogen.inference.curves import KaplanMeier

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}href"
Figures = dict[str, Any]
NAMES = ("table1", "adjusted", "km", "onco")


def parsed(svg: str) -> etree._Element:
    return etree.fromstring(svg.encode())


@pytest.fixture(scope="module")
def figures():
    results = ex.study_results()
    return {name: figure_of(results.analysis(name), results) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_text_is_text_and_nothing_comes_from_outside(figures: Figures, name: str):
    root = parsed(figures[name].svg)
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert any("SYNTHETIC" in text for text in texts)
    assert len(texts) > 10
    for element in root.iter():
        for attribute, value in element.attrib.items():
            if attribute == XLINK:
                assert value.startswith("#")
            assert "http" not in value
            assert not attribute.startswith("on")
    assert root.findall(f".//{SVG}image") == []
    assert root.findall(f".//{SVG}metadata") == []


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_the_figures_own_and_resolve(figures: Figures, name: str):
    root = parsed(figures[name].svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(identifier.startswith(f"{name}-") for identifier in ids)
    targets = {element.get(XLINK)[1:] for element in root.iter() if element.get(XLINK)}
    assert targets <= set(ids)


@pytest.mark.parametrize("name", NAMES)
def test_there_is_a_text_alternative(figures: Figures, name: str):
    root = parsed(figures[name].svg)
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert len(description.text) > 20


def test_the_same_bytes_every_time(figures: Figures):
    results = ex.study_results()
    for name in NAMES:
        assert figure_of(results.analysis(name), results).svg == figures[name].svg


def test_hostile_text_is_drawn_as_text():
    curves = tuple(
        dataclasses.replace(ex.curve(name, 6, seed=1, median_days=100), group=name)
        for name in (ex.HOSTILE, "$x^2$ & \\frac{", "漢字 🧬 \x00\x07", "a" * 500)
    )
    result = KaplanMeier(curves, None, ())
    svg = svg_of(km_drawing(result, name='k"m<', outcome=ex.HOSTILE))
    root = parsed(svg)
    assert root.findall(f".//{SVG}script") == []
    texts = " ".join(element.text for element in root.iter(f"{SVG}text"))
    assert "<script>" in texts
    assert "$x^2$" in texts
    assert "\u202e" not in svg
    assert "\x00" not in svg


def test_inline_form_has_no_prolog():
    drawing = Drawing("d", 40, 20, (Label("t", 2, 10, "x"),), "t", "d")
    assert inline_svg(svg_of(drawing)).startswith("<svg")
    assert inline_svg("no figure") == ""


def test_tables_and_baseline_have_no_figure():
    results = ex.study_results()
    assert figure_of(results.analysis("baseline"), results) is None
    assert figure_of(results.analysis("extra"), results) is None


def test_geometry_and_report_load_neither_matplotlib_nor_numba():
    code = (
        "import sys\n"
        "import embogen.figures.of_analysis, embogen.report.outputs, embogen.tables.of_analysis\n"
        "bad = {'matplotlib', 'numba'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(bad)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
