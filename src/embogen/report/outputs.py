"""What a reader opens: tables, figures with their numbers, and the report, in one directory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from embogen.figures.of_analysis import figure_of
from embogen.report.html import render_report
from embogen.report.sections import safe_name
from embogen.tables.accounts import exclusion_rows, flow_rows, rule_rows, variable_rows
from embogen.tables.comparison import comparison_rows
from embogen.tables.of_analysis import tables_of
from embogen.tables.release import release_tables
from embogen.tables.render_html import html_table
from embogen.tables.render_text import csv_table, markdown_table
from embogen.wording import lower_first

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from embogen.figures.of_analysis import FinishedFigure
    from embogen.study.results import StudyResults
    from embogen.tables.model import Table

_RELEASE: Final = """Tables of this folder may leave the hospital: counts below {below}, and counts
from which they could be computed, are not shown. Nothing else of the results is so protected:
results.json, results.csv, the report, the other tables and the figures stay where the patients are.
"""
_NO_RELEASE: Final = """No table can be given away: the study has no table of patients or genes, or
fewer than {below} patients.
"""
_BOM: Final = "\ufeff"
"""Tells spreadsheets that a table's CSV is UTF-8; the numbers behind figures do without."""


def write_outputs(results: StudyResults, directory: Path) -> None:
    """Write ``tables/``, ``figures/`` and ``report.html`` into a directory that exists.

    Each table is written as CSV, HTML fragment and Markdown; each figure as SVG, with a CSV of
    the numbers behind it.

    Raises
    ------
    OSError
        When a file cannot be written.
    """
    folder = directory / "tables"
    folder.mkdir(exist_ok=True)
    used: set[str] = set()
    for table in all_tables(results):
        write_table(folder, replace(table, name=fresh_name(table.name, used)), results.synthetic)
    _write_release(results, directory)
    figures = directory / "figures"
    figures.mkdir(exist_ok=True)
    drawn: dict[str, str | bytes] = {}
    used.clear()
    for analysis in results.analyses:
        figure = figure_of(analysis, results)
        if figure is None:
            continue
        write_figure(figures, replace(figure, name=fresh_name(figure.name, used)))
        drawn[analysis.id] = figure.svg
    write_text(directory / "report.html", render_report(results, drawn))


def write_table(folder: Path, table: Table, notice: str | None) -> None:
    """Write a table under its own name as CSV, HTML fragment and Markdown."""
    marked = _marked(table, notice)
    write_text(folder / f"{table.name}.csv", _BOM + csv_table(table))
    write_text(folder / f"{table.name}.html", html_table(marked) + "\n")
    write_text(folder / f"{table.name}.md", markdown_table(marked))


def write_figure(folder: Path, figure: FinishedFigure) -> None:
    """Write a figure under its own name as SVG, and the numbers behind it as CSV."""
    write_text(folder / f"{figure.name}.svg", figure.svg)
    write_text(folder / f"{figure.name}.csv", figure.csv)


def _write_release(results: StudyResults, directory: Path) -> None:
    """Write ``release/``, where the plan asks for tables that may leave the hospital."""
    section = results.plan.get("report")
    below = section.get("suppress_below") if isinstance(section, dict) else None
    if below is None:
        return
    folder = directory / "release"
    folder.mkdir(exist_ok=True)
    used: set[str] = set()
    tables = release_tables(results, below)
    for table in tables:
        name = fresh_name(table.name, used)
        marked = _marked(replace(table, name=name), results.synthetic)
        write_text(folder / f"{name}.csv", _BOM + csv_table(marked))
        write_text(folder / f"{name}.html", html_table(marked) + "\n")
    said = _RELEASE.format(below=below) if tables else _NO_RELEASE.format(below=below)
    write_text(folder / "README.txt", said)


def all_tables(results: StudyResults) -> tuple[Table, ...]:
    """Build every table of a study: of its analyses in plan order, then its accounts."""
    tables: list[Table] = []
    for analysis in results.analyses:
        tables += tables_of(analysis, results)
    if results.comparison is not None and results.comparison.figures:
        tables.append(comparison_rows(results.comparison))
    tables.append(flow_rows(results.flow))
    exclusions = exclusion_rows(results.flow)
    if exclusions is not None:
        tables.append(exclusions)
    tables += [
        rule_rows(
            item.rules, name=f"rules-{item.name}", title=f"Rules of {lower_first(item.label)}"
        )
        for item in results.endpoints
    ]
    if results.variables:
        tables.append(variable_rows(results.variables))
    return tuple(tables)


def _marked(table: Table, notice: str | None) -> Table:
    """Put the notice of a synthetic cohort at the head of a table's notes."""
    if notice is None:
        return table
    said = notice if notice.upper().startswith("SYNTHETIC") else f"SYNTHETIC: {notice}"
    return replace(table, general_notes=(said, *table.general_notes))


def fresh_name(name: str, used: set[str]) -> str:
    """Return a safe file name that was not used before."""
    base = safe_name(name)
    candidate, count = base, 2
    while candidate.lower() in used:
        candidate, count = f"{base}-{count}", count + 1
    used.add(candidate.lower())
    return candidate


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with the line ends it has."""
    write_pieces(path, (text,))


def write_pieces(path: Path, pieces: Iterable[str]) -> None:
    """Write text that is never held whole, as `write_text` does."""
    with path.open("w", encoding="utf-8", errors="replace", newline="") as out:
        out.writelines(pieces)
