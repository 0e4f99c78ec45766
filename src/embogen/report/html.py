"""The report: one HTML page that holds everything, opens offline and prints well."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from embogen.numerals import format_count
from embogen.report.methods import methods_paragraphs
from embogen.report.sections import (
    Numbering,
    account_tables,
    caveat_texts,
    shown_analyses,
    shown_endpoints,
)
from embogen.report.sentences import result_sentences
from embogen.wording import lower_first, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embogen.study.results import StudyResults

_KEY_KINDS: Final = frozenset({"univariable_cox", "cox", "kaplan_meier", "gene_frequency"})
_SHOWN_HASH: Final = 16


def render_report(results: StudyResults, figures: Mapping[str, str | bytes]) -> str:
    """Write a study's report.

    Parameters
    ----------
    results
        What the study found.
    figures
        SVG documents by analysis id, as `embogen.figures.of_analysis.figure_of` draws them.

    Returns
    -------
    str
        A complete HTML document without any reference to the outside.
    """
    drawn = {
        name: svg.decode("utf-8") if isinstance(svg, bytes) else svg
        for name, svg in figures.items()
    }
    numbering = Numbering()
    accounts = account_tables(results, numbering, only=frozenset({"comparison"}))
    accounts |= account_tables(results, numbering, only=frozenset({"exclusions"}))
    endpoints = shown_endpoints(results, numbering)
    analyses = shown_analyses(results, drawn, numbering)
    accounts |= account_tables(results, numbering, only=frozenset({"variables", "inputs"}))
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            results=results,
            css=Markup(_style()),  # noqa: S704 - our own style sheet, no data in it
            accounts=accounts,
            endpoints=endpoints,
            analyses=analyses,
            methods=methods_paragraphs(results),
            facts=_facts(results),
            key_results=_key_results(results),
            caveats=tuple(
                text for text in caveat_texts(results.caveats) if text != (results.synthetic or "")
            ),
            flow=_flow(results),
            shown_hash=results.provenance.plan_hash[:_SHOWN_HASH],
            total_seconds=sum(results.provenance.timings.values()),
        )
    )
    return page.rstrip() + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("embogen.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    environment.filters["drawn"] = Markup  # fragments made by render_html and svg, both escaped
    return environment


def _harmless(value: object) -> object:
    """Remove control characters from what the template prints; fragments are clean already."""
    return visible(value) if type(value) is str else value


def _style() -> str:
    source, _, _ = PackageLoader("embogen.report", "templates").get_source(
        _environment(), "report.css"
    )
    return source


def _facts(results: StudyResults) -> tuple[tuple[str, str], ...]:
    """Pick the few figures a reader looks for first, as (figure, what it is)."""
    facts: list[tuple[str, str]] = []
    if results.flow.steps:
        facts.append((format_count(results.flow.steps[-1].n_after), "patients analyzed"))
        left_out = results.flow.steps[0].n_before - results.flow.steps[-1].n_after
        if left_out:
            facts.append((format_count(left_out), "left out, each with a reason"))
    planned = {item.endpoint for item in results.analyses if not item.exploratory}
    facts += [
        (format_count(endpoint.n_events), f"events: {lower_first(endpoint.label)}")
        for endpoint in [one for one in results.endpoints if one.name in planned][:2]
    ]
    done = sum(item.status == "ok" for item in results.analyses)
    facts.append((f"{done}/{len(results.analyses)}", "analyses completed"))
    if results.comparison is not None and results.comparison.figures:
        agreeing, total = results.comparison.n_agreeing, len(results.comparison.figures)
        facts.append((f"{agreeing}/{total}", "printed figures recomputed alike"))
    return tuple(facts)


def _key_results(results: StudyResults) -> tuple[tuple[str, str], ...]:
    """Give the first sentence of each pre-specified analysis that relates to the question."""
    pairs = []
    for item in results.analyses:
        if item.exploratory or item.kind not in _KEY_KINDS:
            continue
        sentences = result_sentences(item, results)
        if sentences:
            pairs.append((item.title or item.id, " ".join(sentences[:2])))
    return tuple(pairs)


def _flow(results: StudyResults) -> tuple[tuple[str, str, str], ...]:
    """List steps as (label, patients after it, patients left out at it or empty)."""
    return tuple(
        (
            step.label,
            format_count(step.n_after),
            format_count(len(step.excluded)) if step.excluded else "",
        )
        for step in results.flow.steps
    )
