"""The report as data: which sections there are, and what stands in each, in order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from embogen.caveats import CAVEAT_CODES
from embogen.figures.svg import inline_svg
from embogen.genomics.oncoprint import OncoPrint
from embogen.inference.competing import CumulativeIncidence
from embogen.inference.cox_result import CoxFit, UnivariableCox
from embogen.inference.curves import KaplanMeier
from embogen.inference.ph_test import ProportionalHazardsTest
from embogen.inference.predicted_survival import PredictedSurvival
from embogen.numerals import format_count, format_level
from embogen.report.prediction_sentences import prediction_caption
from embogen.report.sentences import result_sentences
from embogen.tables.accounts import exclusion_rows, input_rows, rule_rows, variable_rows
from embogen.tables.comparison import comparison_rows
from embogen.tables.of_analysis import tables_of
from embogen.tables.render_html import html_table
from embogen.wording import listed, lower_first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from embogen.caveats import Caveat
    from embogen.study.results import Analysis, EndpointSummary, StudyResults
    from embogen.tables.model import Table


_MOST_SHOWN: Final = 100
"""Patients left out at one step that the page lists; the CSV beside it holds them all."""


_FEW_CAVEATS: Final = 3


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure in the report: its number, caption and SVG element."""

    anchor: str
    number: str
    caption: str
    svg: str


@dataclass(frozen=True, slots=True)
class ShownAnalysis:
    """An analysis as the report shows it.

    `tables` are HTML fragments, already escaped; all other texts are raw.
    """

    anchor: str
    title: str
    exploratory: bool
    endpoint: str | None
    sentences: tuple[str, ...]
    tables: tuple[str, ...]
    figure: ShownFigure | None
    caveats: tuple[str, ...]
    excluded: tuple[str, ...]
    n_eligible: str
    error: str | None


@dataclass(frozen=True, slots=True)
class ShownEndpoint:
    """An endpoint with its rule card."""

    label: str
    counts: str
    rules: str
    caveats: tuple[str, ...]


@dataclass(slots=True)
class Numbering:
    """Hands out table and figure numbers in the order they are asked for."""

    tables: int = 0
    figures: int = 0
    used: set[str] = field(default_factory=set)

    def table(self, table: Table) -> str:
        """Draw a table under the next number."""
        self.tables += 1
        named = replace(table, name=self.anchor(table.name))
        return html_table(named, number=f"Table {self.tables}")

    def figure(self) -> str:
        """Return the next figure number."""
        self.figures += 1
        return f"Figure {self.figures}"

    def anchor(self, text: str) -> str:
        """Return an id that is safe in HTML and occurs once."""
        base = safe_name(text)
        name, count = base, 2
        while name in self.used:
            name, count = f"{base}-{count}", count + 1
        self.used.add(name)
        return name


def safe_name(text: str) -> str:
    """Turn any text into a file name or id: letters, digits, dot-free, never empty.

    Examples
    --------
    >>> safe_name("../../etc/passwd"), safe_name("table1"), safe_name("")
    ('etc-passwd', 'table1', 'unnamed')
    """
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in text)
    parts = [part for part in kept.split("-") if part]
    return "-".join(parts)[:80] or "unnamed"


def shown_analyses(
    results: StudyResults, figures: Mapping[str, str], numbering: Numbering
) -> tuple[ShownAnalysis, ...]:
    """Lay out every analysis in the order of the plan."""
    return tuple(_shown(item, results, figures, numbering) for item in results.analyses)


def _shown(
    item: Analysis, results: StudyResults, figures: Mapping[str, str], numbering: Numbering
) -> ShownAnalysis:
    labels = {endpoint.name: endpoint.label for endpoint in results.endpoints}
    tables = tables_of(item, results)
    footnotes = frozenset(note for table in tables for note in table.footnotes)
    return ShownAnalysis(
        anchor=numbering.anchor(f"analysis-{item.id}"),
        title=item.title or item.id,
        exploratory=item.exploratory,
        endpoint=labels.get(item.endpoint or "", item.endpoint),
        sentences=result_sentences(item, results),
        tables=tuple(numbering.table(table) for table in tables),
        figure=_figure(item, figures, numbering),
        caveats=caveat_texts(all_caveats(item), skip=footnotes),
        excluded=item.excluded,
        n_eligible=format_count(item.n_eligible),
        error=item.error if item.status == "failed" else None,
    )


def all_caveats(analysis: Analysis) -> tuple[Caveat, ...]:
    """Collect the caveats of an analysis, of its result, and of the models within it."""
    found = list(analysis.caveats)
    found += getattr(analysis.result, "caveats", ())
    if isinstance(analysis.result, UnivariableCox):
        found += [caveat for fit in analysis.result.fits for caveat in fit.caveats]
    return tuple(found)


def caveat_texts(
    caveats: Iterable[Caveat], *, skip: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return caveats as sentences, without repeats.

    Many of one kind become one sentence: its general meaning and whom it concerns. An empty
    message is its code's meaning, too.
    """
    by_code: dict[str, dict[str, str | None]] = {}
    for caveat in caveats:
        text = caveat.message or CAVEAT_CODES[caveat.code]
        if text not in skip:
            by_code.setdefault(caveat.code, {})[text] = caveat.subject
    texts: list[str] = []
    for code, found in by_code.items():
        subjects = [subject for subject in found.values() if subject is not None]
        if len(found) > _FEW_CAVEATS and len(subjects) == len(found):
            texts.append(f"{CAVEAT_CODES[code]} This concerns {listed(subjects)}.")
        else:
            texts += found
    return tuple(texts)


def shown_endpoints(results: StudyResults, numbering: Numbering) -> tuple[ShownEndpoint, ...]:
    """Lay out every endpoint with its rules."""
    shown = []
    for endpoint in results.endpoints:
        entry = ", delayed entry" if endpoint.delayed_entry else ""
        counts = (
            f"{format_count(endpoint.n)} patients, {format_count(endpoint.n_events)} events"
            f"{_competing(endpoint)}{entry}"
        )
        table = rule_rows(
            endpoint.rules,
            name=f"rules-{endpoint.name}",
            title=f"Rules of {lower_first(endpoint.label)}",
        )
        texts = caveat_texts(endpoint.caveats)
        shown.append(ShownEndpoint(endpoint.label, counts, numbering.table(table), texts))
    return tuple(shown)


def _competing(endpoint: EndpointSummary) -> str:
    if len(endpoint.causes) == 1:
        return ""
    return f", {format_count(endpoint.n_competing)} competing ({listed(list(endpoint.causes[1:]))})"


def account_tables(
    results: StudyResults, numbering: Numbering, *, only: frozenset[str]
) -> dict[str, str]:
    """Draw some of the tables of exclusions, comparison, variables and inputs, if not empty."""
    makers: dict[str, Callable[[], Table | None]] = {
        "comparison": lambda: (
            comparison_rows(results.comparison)
            if results.comparison is not None and results.comparison.figures
            else None
        ),
        "exclusions": lambda: exclusion_rows(results.flow, most=_MOST_SHOWN),
        "variables": lambda: variable_rows(results.variables) if results.variables else None,
        "inputs": lambda: input_rows(results.provenance) if results.provenance.inputs else None,
    }
    tables = {name: make() for name, make in makers.items() if name in only}
    return {name: numbering.table(table) for name, table in tables.items() if table is not None}


def _figure(
    analysis: Analysis, figures: Mapping[str, str], numbering: Numbering
) -> ShownFigure | None:
    svg = figures.get(analysis.id)
    if not svg:
        return None
    return ShownFigure(
        anchor=numbering.anchor(f"figure-{analysis.id}"),
        number=numbering.figure(),
        caption=_caption(analysis),
        svg=inline_svg(svg),
    )


def _caption(analysis: Analysis) -> str:
    title = analysis.title or analysis.id
    match analysis.result:
        case KaplanMeier() as result:
            level = f"{100 * result.curves[0].level:.4g}%" if result.curves else "95%"
            below = ""
            if result.hazards is not None:
                below = " Below: Nelson\u2013Aalen cumulative hazards with theirs."
            return (
                f"{title}. Kaplan\u2013Meier curves with pointwise {level} intervals (shaded), "
                f"censored patients (ticks) and medians (dashed).{below}"
            )
        case CumulativeIncidence() as result:
            level = format_level(result.curves[0].level) if result.curves else "95%"
            return (
                f"{title}. Cumulative incidence by the Aalen\u2013Johansen estimator; shaded: "
                f"pointwise {level} intervals of {result.causes[0]}; thin lines: "
                f"{listed(list(result.causes[1:]))}, which competes with it."
            )
        case ProportionalHazardsTest() as result:
            level = format_level(result.curves[0].level) if result.curves else "95%"
            return (
                f"{title}. Hazard ratios over time: natural splines of four degrees of freedom "
                f"through scaled Schoenfeld residuals, with pointwise {level} intervals (shaded); "
                "dashed: the hazard ratio taken as constant."
            )
        case PredictedSurvival() as result:
            return prediction_caption(result, title)
        case OncoPrint():
            return (
                f"{title}. Genes in rows, patients in columns; percentages are of patients tested "
                "for the gene. Struck-through cells were not tested."
            )
        case _:
            text = (
                f"{title}. Squares: hazard ratios, their area by the information behind them; "
                "lines: confidence intervals, ending in an arrow where they leave the axis."
            )
            if _has_infinite(analysis):
                text += " A line without a square: no finite estimate exists, only this limit."
            return text


def _has_infinite(analysis: Analysis) -> bool:
    result = analysis.result
    fits = result.fits if isinstance(result, UnivariableCox) else (result,)
    estimates = [item for fit in fits if isinstance(fit, CoxFit) for item in fit.estimates]
    return any(item.status in {"infinite", "zero"} for item in estimates)
