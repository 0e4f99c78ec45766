"""The page of a scan: one HTML document that holds everything, opens offline and prints well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embogen.figures.svg import inline_svg
from embogen.numerals import format_count, format_percent
from embogen.report.page import SHOWN_HASH, environment, flow_steps, style_sheet
from embogen.report.scan_sentences import CAPTIONS, scan_findings, scan_methods
from embogen.report.sections import Numbering, ShownFigure, caveat_texts
from embogen.tables.accounts import input_rows, reason_rows
from embogen.tables.scan import top_rows
from embogen.wording import lower_first

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embogen.figures.of_analysis import FinishedFigure
    from embogen.report.scan_account import ScanAccount
    from embogen.scan.result import EndpointScan, ScanResult
    from embogen.study.scanning import PreparedScan


@dataclass(frozen=True, slots=True)
class _Page:
    title: str
    study_id: str
    scan_id: str
    synthetic: str | None
    exploratory: bool


@dataclass(frozen=True, slots=True)
class _ShownScan:
    """An endpoint as the page shows it; `table` and the figures are fragments, already escaped."""

    anchor: str
    label: str
    counts: str
    excluded: tuple[str, ...]
    sentences: tuple[str, ...]
    caveats: tuple[str, ...]
    table: str
    figures: tuple[ShownFigure, ...]


def scan_title(scan: PreparedScan, account: ScanAccount) -> str:
    """Name a scan: by its own title, or that of the study with its id."""
    return scan.spec.title or f"{account.study.plan.study.title}: {scan.spec.id}"


def render_scan(
    scan: PreparedScan,
    result: ScanResult,
    account: ScanAccount,
    figures: Mapping[str, Mapping[str, FinishedFigure]],
) -> str:
    """Write the page of a scan.

    Parameters
    ----------
    scan, result, account
        What was asked, what was found, and where it came from.
    figures
        Endpoint to its figures by kind.

    Returns
    -------
    str
        A complete HTML document without any reference to the outside.
    """
    study = account.study.plan.study
    numbering = Numbering()
    reasons = reason_rows(scan.flow)
    drawn_reasons = "" if reasons is None else numbering.table(reasons)
    endpoints = [
        _shown(one, scan, account, figures.get(one.name, {}), numbering) for one in result.endpoints
    ]
    provenance = account.provenance
    page = (
        environment()
        .get_template("scan.html.j2")
        .render(
            page=_Page(
                scan_title(scan, account),
                study.id,
                scan.spec.id,
                study.synthetic,
                scan.spec.exploratory,
            ),
            css=style_sheet(),
            facts=_facts(scan, result),
            methods=scan_methods(scan, result, account),
            caveats=tuple(t for t in caveat_texts(scan.caveats) if t != (study.synthetic or "")),
            flow=flow_steps(scan.flow),
            reasons=drawn_reasons,
            endpoints=endpoints,
            provenance=provenance,
            more=(("Scan (SHA-256)", scan.task.fingerprint()),),
            inputs=numbering.table(input_rows(provenance)) if provenance.inputs else "",
            shown_hash=provenance.plan_hash[:SHOWN_HASH],
            total_seconds=sum(provenance.timings.values()),
        )
    )
    return page.strip() + "\n"


def _facts(scan: PreparedScan, result: ScanResult) -> tuple[tuple[str, str], ...]:
    """Pick the few figures a reader looks for first, as (figure, what it is)."""
    facts = []
    if scan.flow.steps:
        facts.append((format_count(scan.flow.steps[-1].n_after), "patients of the study"))
    first = result.endpoints[0]
    label = lower_first(scan.labels[first.name])
    facts.append((format_count(first.n_events), f"events: {label}"))
    tested = f"features tested of {format_count(first.table.height)}"
    facts.append((format_count(first.family_size), tested))
    whole = first.inflation[0] if first.inflation else None
    if whole is not None and whole.value is not None:
        facts.append((f"{whole.value:.2f}", "lambda over all features"))
    return tuple(facts)


def _shown(
    one: EndpointScan,
    scan: PreparedScan,
    account: ScanAccount,
    figures: Mapping[str, FinishedFigure],
    numbering: Numbering,
) -> _ShownScan:
    label = scan.labels[one.name]
    table = top_rows(
        [one],
        name=f"top-{one.name}",
        title=f"{label}: features of the smallest p-values",
        count=scan.spec.top,
        labels=scan.feature_labels,
        firth=account.firth,
    )
    share = format_percent(one.n_events, one.n)
    return _ShownScan(
        anchor=numbering.anchor(f"scan-{one.name}"),
        label=label,
        counts=f"{format_count(one.n)} patients, {format_count(one.n_events)} events ({share})",
        excluded=scan.excluded.get(one.name, ()),
        sentences=scan_findings(one, scan.feature_labels),
        caveats=caveat_texts(one.caveats),
        table=numbering.table(table),
        figures=tuple(
            ShownFigure(
                numbering.anchor(f"figure-{figure.name}"),
                numbering.figure(),
                f"{label}. {CAPTIONS[kind]}",
                inline_svg(figure.svg),
            )
            for kind, figure in figures.items()
        ),
    )
