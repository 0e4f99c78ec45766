"""The report: one HTML page that holds everything, opens offline and prints well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embogen.numerals import format_count
from embogen.report.methods import methods_paragraphs
from embogen.report.page import SHOWN_HASH, environment, flow_steps, style_sheet
from embogen.report.sections import (
    Numbering,
    account_tables,
    caveat_texts,
    shown_analyses,
    shown_endpoints,
)
from embogen.report.sentences import result_sentences
from embogen.wording import lower_first

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embogen.study.results import StudyResults

_KEY_KINDS: Final = frozenset({"univariable_cox", "cox", "kaplan_meier", "gene_frequency"})


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
        environment()
        .get_template("report.html.j2")
        .render(
            results=results,
            css=style_sheet(),
            accounts=accounts,
            endpoints=endpoints,
            analyses=analyses,
            methods=methods_paragraphs(results),
            facts=_facts(results),
            key_results=_key_results(results),
            caveats=tuple(
                text for text in caveat_texts(results.caveats) if text != (results.synthetic or "")
            ),
            flow=flow_steps(results.flow),
            shown_hash=results.provenance.plan_hash[:SHOWN_HASH],
            total_seconds=sum(results.provenance.timings.values()),
        )
    )
    return page.rstrip() + "\n"


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
