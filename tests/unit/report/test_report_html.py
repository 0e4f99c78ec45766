"""The report: whole, valid, self-contained, honest, and safe under hostile text."""

import dataclasses
import re
from itertools import pairwise

import pytest
from lxml import etree, html

import example_results as ex
from embogen.caveats import Caveat
from embogen.cohort.flow import Exclusion, FlowStep, PatientFlow
from embogen.figures.of_analysis import figure_of
from embogen.report.html import render_report
from embogen.study.results import StudyResults

URL_ATTRIBUTES = (
    "href",
    "src",
    "action",
    "data",
    "poster",
    "srcset",
    "{http://www.w3.org/1999/xlink}href",
)


def page_of(results: StudyResults) -> str:
    figures = {}
    for item in results.analyses:
        figure = figure_of(item, results)
        if figure is not None:
            figures[item.id] = figure.svg
    return render_report(results, figures)


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(ex.study_results())


@pytest.fixture(scope="module")
def tree(page: str) -> etree._Element:
    return html.document_fromstring(page.encode(), parser=html.HTMLParser(encoding="utf-8"))


def words(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_nothing_is_fetched_and_nothing_runs(page: str, tree: etree._Element):
    assert tree.xpath("//script | //link | //iframe | //img | //object | //embed | //base") == []
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on"), name
            if name in URL_ATTRIBUTES:
                assert value.startswith("#"), value
    css = tree.xpath("string(//style)")
    assert "url(" not in css
    assert "@import" not in css
    outside = set(re.findall(r"https?://[^\"' <)]+", page))
    assert outside <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_ids_are_unique_and_links_lead_somewhere(tree: etree._Element):
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    targets = {href[1:] for href in tree.xpath("//a/@href")}
    labels = {word for value in tree.xpath("//@aria-labelledby") for word in value.split()}
    assert targets | labels <= set(ids)


def test_headings_descend_without_gaps_and_the_language_is_named(tree: etree._Element):
    assert tree.get("lang") == "en"
    levels = [int(h.tag[1]) for h in tree.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_analysis_stands_in_plan_order(tree: etree._Element):
    shown = [article.get("id") for article in tree.iter("article")]
    assert shown == [f"analysis-{item.id}" for item in ex.study_results().analyses]


def test_tables_and_figures_are_numbered_in_reading_order(tree: etree._Element):
    numbers = [text.rstrip(".") for text in tree.xpath("//figcaption/span[@class='number']/text()")]
    tables = [text for text in numbers if text.startswith("Table")]
    figures = [text for text in numbers if text.startswith("Figure")]
    assert tables == [f"Table {k + 1}" for k in range(len(tables))]
    assert figures == [f"Figure {k + 1}" for k in range(4)]


def test_caveats_stand_beside_their_analysis(tree: etree._Element):
    (article,) = tree.xpath("//article[@id='analysis-table1']")
    (aside,) = article.xpath("aside")
    assert "5 genes were tested; p is not adjusted." in words(aside)
    notes = words(article.xpath(".//div[@class='notes']")[0])
    assert "VHL: 2 carriers, both with an event." in notes
    assert "VHL: 2 carriers" not in words(aside)


def test_caveats_of_a_model_inside_a_result_are_not_lost(tree: etree._Element):
    (article,) = tree.xpath("//article[@id='analysis-adjusted']")
    assert "30 events stand behind 2 parameters." in words(article.xpath("aside")[0])


def test_estimates_do_not_break_and_do_not_run_together(tree: etree._Element):
    text = "".join(tree.xpath("//section[@id='summary']")[0].itertext())
    assert "HR\u00a07.19, 95%\u00a0CI\u00a02.42\u201321.33, p\u00a0=\u00a00.00038" in text


def test_a_failed_exploratory_analysis_says_so(tree: etree._Element):
    (article,) = tree.xpath("//article[@id='analysis-extra']")
    text = words(article)
    assert "This analysis failed. No event was observed in the patients analyzed." in text
    assert "exploratory" in words(article.xpath("h3")[0])
    assert "outside the pre-specified plan" in text


def test_every_excluded_patient_stands_with_the_reason(tree: etree._Element):
    text = words(tree.xpath("//section[@id='patients']")[0])
    for step in ex.flow().steps:
        for item in step.excluded:
            assert f"{item.patient_id}{item.reason}" in text.replace(" " + item.reason, item.reason)


def test_synthetic_is_said_at_the_top_in_each_figure_and_in_the_title(tree: etree._Element):
    assert tree.xpath("string(//title)").startswith("SYNTHETIC")
    assert "SYNTHETIC" in words(tree.xpath("//body/div[@class='synthetic']")[0])
    drawings = tree.xpath("//figure[@class='drawing']")
    assert len(drawings) == 4
    assert all("SYNTHETIC" in words(drawing) for drawing in drawings)


def test_real_data_carry_no_notice():
    page = page_of(ex.study_results(synthetic=None))
    assert "SYNTHETIC" not in page


def test_provenance_is_whole(tree: etree._Element):
    text = words(tree.xpath("//section[@id='provenance']")[0])
    for part in ("a" * 64, "numpy 2.0.0", "Linux x86_64", "2026-01-01T00:00:00Z", "b" * 16):
        assert part in text


def test_sections_without_content_are_left_out():
    results = dataclasses.replace(
        ex.study_results(),
        comparison=None,
        endpoints=(),
        variables=(),
        analyses=(),
        caveats=(),
        flow=PatientFlow(()),
        plan={},
    )
    root = html.document_fromstring(render_report(results, {}))
    assert root.xpath("//section/@id") == [
        "summary",
        "methods",
        "patients",
        "analyses",
        "provenance",
    ]


def hostile_results() -> StudyResults:
    """Put hostile text into every string a data file, plan or error message can supply."""
    bad = ex.HOSTILE
    results = ex.study_results(synthetic=bad)
    flow = PatientFlow((FlowStep(bad, 2, 1, (Exclusion(bad, bad),)),))
    endpoint = dataclasses.replace(results.endpoints[0], label=bad)
    analyses = tuple(
        dataclasses.replace(
            item, title=bad, error=bad, excluded=(bad,), caveats=(Caveat("missing_values", bad),)
        )
        for item in results.analyses
    )
    broken = dataclasses.replace(analyses[0], id="../../" + bad, status="failed", result=None)
    return dataclasses.replace(
        results,
        title=bad,
        study_id=bad,
        flow=flow,
        endpoints=(endpoint,),
        analyses=(broken, *analyses[1:]),
        caveats=(Caveat("synthetic", bad),),
        plan={"endpoint": {"hpfs": {"time": bad, "event": bad}}, "genes": {"count_as": [bad]}},
        provenance=dataclasses.replace(results.provenance, platform=bad, versions={bad: bad}),
    )


def test_hostile_text_stays_text():
    page = page_of(hostile_results())
    root = html.document_fromstring(page)
    assert root.xpath("//script") == []
    assert not re.search(r"<script", page, re.IGNORECASE)
    assert "<script>alert('x')</script>" in words(root.xpath("//h1")[0])
    assert "\u202e" not in page
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in ids)


def test_hostile_and_colliding_ids_make_sound_anchors():
    results = ex.study_results()
    names = ["flow", "comparison", "exclusions", "a b<c>", "variables", "..", ""]
    analyses = tuple(
        dataclasses.replace(item, id=name)
        for item, name in zip(results.analyses, names, strict=True)
    )
    page = render_report(dataclasses.replace(results, analyses=analyses), {})
    ids = html.document_fromstring(page).xpath("//@id")
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in ids)


def test_the_same_page_every_time(page: str):
    assert page_of(ex.study_results()) == page


def test_figures_may_come_as_bytes():
    results = ex.study_results()
    figure = figure_of(results.analysis("km"), results)
    assert figure is not None
    assert render_report(results, {"km": figure.svg.encode()}) == render_report(
        results, {"km": figure.svg}
    )
