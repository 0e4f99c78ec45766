"""`AlterationMatrix`: patients x genes in four states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from embogen.genomics.classes import AlterationClasses
from embogen.genomics.coverage import GeneState
from embogen.genomics.groups import GeneGroup, group_states


@dataclass(frozen=True, slots=True, eq=False)
class AlterationMatrix:
    """Genotypes of patients.

    Parameters
    ----------
    patients
        (n,) patient ids: the rows.
    genes
        (g,) gene symbols: the columns.
    states
        (n, g) int8 `GeneState`, read-only.
    classes
        (n, g) alteration classes as they count; see `AlterationClasses`.
    groups
        Which columns are groups of genes, by name; the others are genes.
    """

    patients: tuple[str, ...]
    genes: tuple[str, ...]
    states: NDArray[np.int8]
    classes: AlterationClasses
    groups: Mapping[str, GeneGroup] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.patients), len(self.genes))
        if self.states.shape != shape or self.classes.shape != shape:
            message = f"states {self.states.shape} and classes {self.classes.shape} are not {shape}"
            raise ValueError(message)
        self.states.setflags(write=False)

    def state(self, gene: str) -> NDArray[np.int8]:
        """(n,) states of one gene."""
        column: NDArray[np.int8] = self.states[:, self.genes.index(gene)]
        return column

    def label(self, gene: str) -> str:
        """Give what a reader calls a column: the symbol of a gene, the label of a group."""
        return self.groups[gene].label if gene in self.groups else gene

    def values(self, gene: str) -> NDArray[np.float64]:
        """(n,) 1 altered, 0 wild type, NaN where not tested or failed."""
        states = self.state(gene)
        values = np.full(len(states), np.nan)
        values[states == GeneState.ALTERED] = 1.0
        values[states == GeneState.WILD_TYPE] = 0.0
        return values

    def take(self, patients: Sequence[str]) -> AlterationMatrix:
        """Return the rows of some patients, in the order given.

        A patient the matrix does not have is not tested for any gene.

        Examples
        --------
        >>> classes = AlterationClasses.of_text(np.array([["missense"]]))
        >>> m = AlterationMatrix(("a",), ("TP53",), np.ones((1, 1), np.int8), classes)
        >>> m.take(["b", "a"]).states.ravel().tolist()
        [2, 1]
        """
        place = {patient: i for i, patient in enumerate(self.patients)}
        rows = np.array([place.get(patient, -1) for patient in patients], dtype=np.intp)
        states = np.full((len(rows), len(self.genes)), GeneState.NOT_TESTED, np.int8)
        there = rows >= 0
        states[there] = self.states[rows[there]]
        classes = self.classes.rows(rows)
        return AlterationMatrix(tuple(patients), self.genes, states, classes, self.groups)

    def with_groups(self, groups: Sequence[GeneGroup]) -> AlterationMatrix:
        """Put a column for each group after those of the genes.

        A member the matrix does not have was tested in nobody. The class of an altered group is
        that of its altered members, joined as for a gene.

        Raises
        ------
        ValueError
            When a name is that of a column already.

        Examples
        --------
        >>> states = np.array([[0, 2], [1, 2]], np.int8)
        >>> classes = AlterationClasses.of_text(np.array([["", ""], ["splice", ""]]))
        >>> m = AlterationMatrix(("a", "b"), ("DAXX", "ATRX"), states, classes)
        >>> m.with_groups([GeneGroup("alt", ("DAXX", "ATRX"), "ALT")]).state("alt").tolist()
        [2, 1]
        """
        if not groups:
            return self
        names = tuple(group.name for group in groups)
        if len({*self.genes, *names}) < len(self.genes) + len(names):
            raise ValueError(f"{', '.join(names)}: one is a column of the matrix already")
        columns = [self._of_group(group) for group in groups]
        return AlterationMatrix(
            self.patients,
            (*self.genes, *names),
            np.column_stack([self.states, *(states for states, _ in columns)]),
            self.classes.with_columns([classes for _, classes in columns]),
            {**self.groups, **dict(zip(names, groups, strict=True))},
        )

    def _of_group(self, group: GeneGroup) -> tuple[NDArray[np.int8], AlterationClasses]:
        """(n,) states and (n, 1) classes of one group."""
        place = {gene: j for j, gene in enumerate(self.genes)}
        at = [place[gene] for gene in group.members if gene in place]
        unseen = (len(self.patients), len(group.members) - len(at))
        states = group_states(
            np.hstack([self.states[:, at], np.full(unseen, GeneState.NOT_TESTED, np.int8)])
        )
        return states, self.classes.joined(at)
