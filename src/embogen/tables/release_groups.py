"""Genes by group of patients for the eyes of others: beside the counts of patients and of genes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from embogen.inference.describe import BaselineTable
from embogen.numerals import format_count
from embogen.tables.model import Column, Row, Spanner, Table, number
from embogen.tables.suppression import HIDDEN, CountSystem, Key
from embogen.tables.term_notes import gene_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from embogen.inference.frequency import GeneFrequency
    from embogen.inference.gene_by_group import GeneByGroup, GeneInGroups

ALL: Final = ("all patients",)
MISSING: Final = "Missing"
UNKNOWN: Final = "group unknown"
_KINDS: Final = ("altered", "wild type", "tested", MISSING)


@dataclass(slots=True)
class Links:
    """Which variables the tables that leave relate to each other, straight or through others.

    Two-way tables on a ring of variables restrict each other in more ways than by their sums: who
    knows DAXX by site, MEN1 by DAXX and MEN1 by site knows more than the sums say. Where they make
    no ring, there are patients for whatever the sums allow, and sums are all there is to know.
    """

    above: dict[str, str] = field(default_factory=dict)

    def end(self, name: str) -> str:
        """Return the variable that stands for all that this one is related to."""
        while name in self.above:
            name = self.above[name]
        return name

    def join(self, one: str, other: str) -> None:
        """Relate two variables."""
        ends = self.end(one), self.end(other)
        if ends[0] != ends[1]:
            self.above[ends[0]] = ends[1]

    def related(self, one: str, other: str) -> bool:
        """Whether tables relate them already."""
        return self.end(one) == self.end(other)


def links_of(results: Iterable[BaselineTable | GeneFrequency]) -> Links:
    """Relate the variables of baseline tables by group, and groups of genes to their members."""
    links = Links()
    for result in results:
        if isinstance(result, BaselineTable):
            for variable in result.variables:
                if result.group_variable is not None:
                    links.join(variable.label, result.group_variable)
            continue
        for row in result.rows:
            for name in (*row.count.members, *([row.count.title] if row.count.title else ())):
                links.join(row.count.gene, name)
    return links


def count_gene_groups(
    system: CountSystem, result: GeneByGroup, links: Links
) -> tuple[GeneInGroups, ...]:
    """Add the counts of genes by group.

    Parameters
    ----------
    system
        With the counts of patients and of genes.
    result
        Of all patients.
    links
        What the tables relate so far; the genes taken are added.

    Returns
    -------
    tuple of GeneInGroups
        The genes that may be shown: those of a frequency table that no other table relates to
        the groups; none when the groups are not those the other tables count.
    """
    rest = _rest(system, result)
    if rest is None:
        return ()
    taken = []
    for gene in result.genes:
        name = gene.term.name
        known = all((name, kind) in system.counts for kind in _KINDS)
        if known and not links.related(name, result.variable):
            links.join(name, result.variable)
            _count_gene(system, result, gene, name, rest)
            taken.append(gene)
    return tuple(sorted(taken, key=lambda gene: gene.term.name))


def _rest(system: CountSystem, result: GeneByGroup) -> tuple[Key, ...] | None:
    """Add the sizes of the groups; return the key of patients of none, or None if they differ."""
    sizes = {
        (result.variable, name): size
        for name, size in zip(result.groups, result.sizes, strict=True)
    }
    left = system.counts[ALL] - sum(sizes.values())
    others = {key: count for key, count in system.counts.items() if _is_level(key, result.variable)}
    ends = {(result.variable, MISSING), (result.variable, UNKNOWN)}
    told = {key: count for key, count in others.items() if key not in ends}
    if others and told != sizes:
        return None
    rest = next((key for key in others if key not in told), (result.variable, UNKNOWN))
    if others:
        return None if system.counts.get(rest, 0) != left else (rest,) if left else ()
    for key, size in sizes.items():
        system.add(key, size, printed=True)
    if left:
        system.add(rest, left, printed=False)
    keys = (*sizes, rest) if left else tuple(sizes)
    system.sums.append((ALL, keys))
    return (rest,) if left else ()


def _is_level(key: Key, variable: str) -> bool:
    return isinstance(key, tuple) and len(key) == 2 and key[0] == variable  # noqa: PLR2004 - name and level


def _count_gene(
    system: CountSystem,
    result: GeneByGroup,
    gene: GeneInGroups,
    name: str,
    rest: tuple[Key, ...],
) -> None:
    parts: dict[str, list[Key]] = {kind: [] for kind in _KINDS}
    for cell in gene.cells:
        counts = (cell.n_altered, cell.n_tested - cell.n_altered, cell.n_tested, cell.n_unknown)
        _count_cell(system, (name, result.variable, cell.group), counts, parts, printed=True)
    if rest:
        left = [
            system.counts[name, kind] - sum(system.counts[key] for key in parts[kind])
            for kind in _KINDS
        ]
        _count_cell(system, (name, result.variable, UNKNOWN), left, parts, printed=False)
    names = (*((result.variable, group) for group in result.groups), *rest)
    for size, tested, missing in zip(names, parts["tested"], parts[MISSING], strict=True):
        system.sums.append((size, (tested, missing)))
    system.sums += [((name, kind), tuple(parts[kind])) for kind in _KINDS]


def _count_cell(
    system: CountSystem,
    place: tuple[str, str, str],
    counts: Sequence[int],
    parts: dict[str, list[Key]],
    *,
    printed: bool,
) -> None:
    name, variable, group = place
    keys = {kind: (name, kind, variable, group) for kind in _KINDS}
    for kind, count in zip(_KINDS, counts, strict=True):
        shown = printed and kind in {"altered", "tested"}
        system.add(keys[kind], count, printed=shown)
        parts[kind].append(keys[kind])
    system.sums.append((keys["tested"], (keys["altered"], keys["wild type"])))


def gene_group_table(
    system: CountSystem,
    hidden: frozenset[Key],
    table: Table,
    result: GeneByGroup,
    genes: Sequence[GeneInGroups],
) -> Table:
    """Write the genes that may be shown: altered of tested in each group."""

    def shown(key: Key) -> str:
        return HIDDEN if key in hidden else format_count(system.counts[key])

    columns = [Column("Gene")]
    columns += [
        Column(f"{group}\nn = {shown((result.variable, group))}", "right")
        for group in result.groups
    ]
    rows = []
    for gene in genes:
        name = gene.term.name
        texts = [
            " / ".join(
                shown((name, kind, result.variable, group)) for kind in ("altered", "tested")
            )
            for group in result.groups
        ]
        rows.append(Row((gene_cell(gene.term), *(number(text) for text in texts))))
    notes = [*table.general_notes, "Cells: patients altered / patients tested."]
    left_out = len(result.genes) - len(genes)
    if left_out:
        notes.append(
            f"Genes left out: {left_out}. They are in no table of frequencies here, or other "
            "tables relate them to these groups, so that counts would follow from each other."
        )
    spanner = Spanner(result.variable, 1, 1 + len(result.groups))
    return Table(table.name, table.title, tuple(columns), tuple(rows), (spanner,), tuple(notes))
