"""Tables that may leave the hospital: counts alone, small ones hidden, in one system together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embogen.inference.describe import BaselineTable, CategorySummary, NumberSummary
from embogen.inference.frequency import GeneFrequency
from embogen.inference.gene_by_group import GeneByGroup
from embogen.numerals import decimals_for, format_count, format_number
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.tables.release_groups import (
    ALL,
    MISSING,
    UNKNOWN,
    count_gene_groups,
    gene_group_table,
    links_of,
)
from embogen.tables.suppression import HIDDEN, CountSystem, Key, hidden_counts

if TYPE_CHECKING:
    from embogen.inference.describe import BaselineVariable
    from embogen.study.results import StudyResults

_QUARTILES: Final = 2
"""Quartiles are given where at least this many times the threshold of patients are known."""


def release_tables(results: StudyResults, below: int) -> tuple[Table, ...]:
    """Build the tables of patients and of gene frequencies for the eyes of others.

    Counts under `below`, and those from which they could be computed, are hidden in all tables
    together. Percentages, p-values and ranges are left out, for they tell counts and single
    patients.

    Returns
    -------
    tuple of Table
        Empty when the study has fewer patients than `below`.
    """
    system = CountSystem()
    found = _results_of(results)
    plain = [item for _, _, item in found if not isinstance(item, GeneByGroup)]
    for one in plain:
        if isinstance(one, BaselineTable):
            _count_baseline(system, one)
        else:
            _count_genes(system, one)
    if not plain or system.counts[ALL] < below:
        return ()
    links = links_of(plain)
    genes = {
        name: count_gene_groups(system, item, links)
        for name, _, item in found
        if isinstance(item, GeneByGroup)
    }
    hidden = hidden_counts(system, below, shown=frozenset({ALL}))
    note = (
        f"{HIDDEN} = not shown: a count of 1 to {below - 1}, or one from which such a count could "
        "be computed."
    )
    tables = []
    for name, title, result in found:
        table = Table(name, title, (), (), (), (note,))
        if isinstance(result, BaselineTable):
            tables.append(_baseline(system, hidden, below, table, result))
        elif isinstance(result, GeneFrequency):
            tables.append(_genes(system, hidden, table, result))
        elif genes[name]:
            tables.append(gene_group_table(system, hidden, table, result, genes[name]))
    return tuple(tables)


def _results_of(
    results: StudyResults,
) -> list[tuple[str, str, BaselineTable | GeneFrequency | GeneByGroup]]:
    """Take the results that may leave as counts; of genes by group, those of all patients.

    Pairs of genes do not: each gene would stand in several tables of pairs, which restrict each
    other in more ways than by their sums.
    """
    analyses = results.plan.get("analysis")
    parts = {
        item.get("id")
        for item in (analyses if isinstance(analyses, list) else [])
        if isinstance(item, dict) and item.get("within")
    }
    return [
        (analysis.id, analysis.title, analysis.result)
        for analysis in results.analyses
        if isinstance(analysis.result, BaselineTable | GeneFrequency)
        or (isinstance(analysis.result, GeneByGroup) and analysis.id not in parts)
    ]


def _levels(variable: BaselineVariable) -> tuple[str, ...]:
    if isinstance(variable.overall, NumberSummary):
        return ("Known",)
    names = (one.level for part in (variable.overall, *variable.groups)
             for one in getattr(part, "counts", ()))  # fmt: skip
    return tuple(dict.fromkeys(names))


def _count(part: NumberSummary | CategorySummary, level: str) -> int:
    if level == MISSING:
        return part.n_missing
    if isinstance(part, NumberSummary):
        return part.n
    return next((one.count for one in part.counts if one.level == level), 0)


def _count_baseline(system: CountSystem, result: BaselineTable) -> None:
    """Add the counts of a baseline table: by variable and level, overall and in each group."""
    system.add(ALL, result.n, printed=True)
    by = result.group_variable or ""
    groups: list[Key] = []
    for name, size in zip(result.group_names, result.group_sizes, strict=True):
        system.add((by, name), size, printed=True)
        groups.append((by, name))
    if groups:
        if result.n_group_missing:
            system.add((by, UNKNOWN), result.n_group_missing, printed=False)
            groups.append((by, UNKNOWN))
        system.sums.append((ALL, tuple(groups)))
    for variable in result.variables:
        label = variable.label
        levels = (*_levels(variable), MISSING)
        for level in levels:
            system.add((label, level), _count(variable.overall, level), printed=True)
        system.sums.append((ALL, tuple((label, level) for level in levels)))
        if groups and label != by:
            _count_groups(system, variable, result, levels)


def _count_groups(
    system: CountSystem, variable: BaselineVariable, result: BaselineTable, levels: tuple[str, ...]
) -> None:
    label, by = variable.label, result.group_variable or ""
    for level in levels:
        parts: list[Key] = []
        for name, part in zip(result.group_names, variable.groups, strict=True):
            key = (label, level, by, name)
            system.add(key, _count(part, level), printed=True)
            parts.append(key)
        if result.n_group_missing:
            # not printed, and known all the same: what the groups leave of the whole
            rest = _count(variable.overall, level) - sum(_count(p, level) for p in variable.groups)
            system.add((label, level, by, UNKNOWN), rest, printed=False)
            parts.append((label, level, by, UNKNOWN))
        system.sums.append(((label, level), tuple(parts)))
    unknown = (UNKNOWN,) if result.n_group_missing else ()
    for name in (*result.group_names, *unknown):
        system.sums.append(((by, name), tuple((label, level, by, name) for level in levels)))


def _count_genes(system: CountSystem, result: GeneFrequency) -> None:
    system.add(ALL, result.n_patients, printed=True)
    for row in result.rows:
        count, gene = row.count, row.count.gene
        system.add((gene, "altered"), count.n_altered, printed=True)
        system.add((gene, "wild type"), count.n_tested - count.n_altered, printed=False)
        system.add((gene, "tested"), count.n_tested, printed=True)
        system.add((gene, "not tested"), count.n_not_tested, printed=True)
        system.add((gene, "failed"), count.n_failed, printed=True)
        system.add((gene, MISSING), count.n_not_tested + count.n_failed, printed=False)
        tested, missing = (gene, "tested"), (gene, MISSING)
        system.sums += [
            (ALL, (tested, missing)),
            (tested, ((gene, "altered"), (gene, "wild type"))),
            (missing, ((gene, "not tested"), (gene, "failed"))),
        ]


def _shown(system: CountSystem, hidden: frozenset[Key], key: Key) -> str:
    return HIDDEN if key in hidden else format_count(system.counts[key])


def _genes(
    system: CountSystem, hidden: frozenset[Key], table: Table, result: GeneFrequency
) -> Table:
    kinds = ("altered", "tested", "not tested", "failed")
    columns = (Column("Gene"), *(Column(kind.capitalize(), "right") for kind in kinds))
    # by name: the rank would tell which of two hidden counts is the larger
    rows = tuple(
        Row(
            (
                Cell(gene, italic=True),
                *(number(_shown(system, hidden, (gene, kind))) for kind in kinds),
            )
        )
        for gene in sorted(row.count.gene for row in result.rows)
    )
    return Table(table.name, table.title, columns, rows, (), table.general_notes)


def _baseline(
    system: CountSystem,
    hidden: frozenset[Key],
    below: int,
    table: Table,
    result: BaselineTable,
) -> Table:
    by = result.group_variable or ""
    columns = [Column("Characteristic"), Column(f"All patients\nn = {result.n}", "right")]
    columns += [
        Column(f"{name}\nn = {_shown(system, hidden, (by, name))}", "right")
        for name in result.group_names
    ]
    rows: list[Row] = []
    for variable in result.variables:
        label = variable.label
        title = f"{label}, {variable.unit}" if variable.unit else label
        rows.append(Row((Cell(title, strong=True),), kind="group"))
        if isinstance(variable.overall, NumberSummary):
            rows.append(_quartiles(variable, hidden, below, result))
        for level in (*_levels(variable), MISSING):
            cells = [_shown(system, hidden, (label, level))]
            cells += [
                _shown(system, hidden, (label, level, by, name)) if label != by else ""
                for name in result.group_names
            ]
            rows.append(Row((Cell(level), *(number(text) for text in cells)), indent=1))
    return Table(table.name, table.title, tuple(columns), tuple(rows), (), table.general_notes)


def _quartiles(
    variable: BaselineVariable, hidden: frozenset[Key], below: int, result: BaselineTable
) -> Row:
    """Median and quartiles where enough patients stand behind them that they tell of nobody."""
    by = result.group_variable or ""
    every = (variable.overall, *variable.groups)
    parts = [part for part in every if isinstance(part, NumberSummary)]
    digits = min(decimals_for(tuple(v for p in parts for v in (p.median, p.q1, p.q3))), 2)
    known: list[Key] = [(variable.label, "Known")]
    known += [(variable.label, "Known", by, name) for name in result.group_names]
    texts = []
    for part, key in zip(parts, known, strict=True):
        if key in hidden or part.n < _QUARTILES * below:
            texts.append(HIDDEN)
            continue
        low, high = format_number(part.q1, digits), format_number(part.q3, digits)
        texts.append(f"{format_number(part.median, digits)} ({low}\u2013{high})")
    return Row((Cell("Median (Q1\u2013Q3)"), *(number(text) for text in texts)), indent=1)
