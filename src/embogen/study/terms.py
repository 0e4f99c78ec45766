"""From the words of a plan ("gene:DAXX", "grade") to columns of a design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.errors import PlanError, PlanProblem
from embogen.inference.design import Design, Term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.study.analysis_set import AnalysisSet, Covariate

GENE_PREFIX = "gene:"
GROUP_PREFIX = "group:"


@dataclass(frozen=True, slots=True, eq=False)
class TermBlock:
    """The columns one word of the plan stands for.

    Parameters
    ----------
    word
        As in the plan.
    terms
        One `Term` per column.
    columns
        (n, k) values, NaN rows where the patient's value is unknown.
    missing_word
        How an unknown value is called: ``not tested`` for a gene, ``missing`` otherwise.
    """

    word: str
    terms: tuple[Term, ...]
    columns: NDArray[np.float64]
    missing_word: str

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n,) rows in which every column is known."""
        return np.asarray(~np.isnan(self.columns).any(axis=1), dtype=np.bool_)


def gene_of(word: str) -> str | None:
    """Return the gene or group of genes that a word names, None when it names a covariate.

    Examples
    --------
    >>> gene_of("gene:DAXX"), gene_of("group:chromatin"), gene_of("grade")
    ('DAXX', 'chromatin', None)
    """
    for prefix in (GENE_PREFIX, GROUP_PREFIX):
        if word.startswith(prefix):
            return word.removeprefix(prefix)
    return None


def expand(words: Sequence[str], data: AnalysisSet) -> list[str]:
    """Replace ``gene:*`` by the candidate genes, in order of frequency, without repeats."""
    out: list[str] = []
    for word in words:
        if word == f"{GENE_PREFIX}*":
            out += [f"{GENE_PREFIX}{gene}" for gene in data.candidates]
        else:
            gene = gene_of(word)
            out.append(word if gene is None else f"{GENE_PREFIX}{data.current_gene(gene)}")
    return list(dict.fromkeys(out))


def term_blocks(words: Sequence[str], data: AnalysisSet, path: str) -> list[TermBlock]:
    """Build the columns of each word; all unknown genes are reported together.

    Raises
    ------
    PlanError
        When a gene is neither in the mutation file nor on a panel.
    """
    problems: list[PlanProblem] = []
    blocks: list[TermBlock] = []
    for word in expand(words, data):
        gene = gene_of(word)
        if gene is None:
            blocks.append(covariate_block(data.covariates[word]))
            continue
        try:
            values = data.gene_values(gene)
        except KeyError:
            message = f'gene "{gene}" is neither in the mutation file nor on a panel of the study'
            remedy = "Check the symbol, or name the panel the specimens were sequenced on."
            problems.append(PlanProblem(path, message, remedy))
            continue
        title = None if data.genes is None else data.genes.label(gene)
        title = None if title == gene else title
        term = Term(gene, level="altered", reference="wild type", coding="binary", title=title)
        blocks.append(TermBlock(word, (term,), values.reshape(-1, 1), "not tested"))
    if problems:
        raise PlanError(problems)
    return blocks


def covariate_block(covariate: Covariate) -> TermBlock:
    """Code a covariate as the columns of a design."""
    values = covariate.values
    terms: tuple[Term, ...]
    match covariate.coding:
        case "number":
            unit = covariate.unit
            if covariate.per != 1:
                unit = f"{covariate.per:g} {unit or 'units'}"
            terms = (Term(covariate.name, coding="numeric", unit=unit, title=covariate.label),)
            columns = (values / covariate.per).reshape(-1, 1)
        case "trend":
            terms = (Term(covariate.name, coding="trend", unit="step", title=covariate.label),)
            columns = values.reshape(-1, 1)
        case "flag":
            term = Term(covariate.name, "yes", "no", coding="binary", title=covariate.label)
            terms = (term,)
            columns = values.reshape(-1, 1)
        case "levels":
            reference = covariate.reference or covariate.levels[0]
            others = [level for level in covariate.levels if level != reference]
            terms = tuple(
                Term(covariate.name, level, reference, coding="level", title=covariate.label)
                for level in others
            )
            positions = np.array([covariate.levels.index(level) for level in others], dtype=float)
            columns = (values.reshape(-1, 1) == positions).astype(float)
            columns[np.isnan(values)] = np.nan
    return TermBlock(covariate.name, terms, columns, "missing")


def design_of(blocks: Sequence[TermBlock], rows: NDArray[np.bool_]) -> Design:
    """Join blocks into one design over the rows given."""
    columns = np.column_stack([block.columns[rows] for block in blocks])
    return Design(columns, tuple(term for block in blocks for term in block.terms))


def group_of(
    word: str, data: AnalysisSet, path: str
) -> tuple[list[str | None], tuple[str, ...], str]:
    """Return each patient's group for a grouping word, the order of groups, and its label.

    Raises
    ------
    PlanError
        When the word is a number (it has no groups) or an unknown gene.
    """
    if gene_of(word) is not None:
        block = term_blocks([word], data, path)[0]
        names = {1.0: "altered", 0.0: "wild type"}
        values = block.columns[:, 0]
        groups = [None if np.isnan(v) else names[float(v)] for v in values]
        return groups, ("wild type", "altered"), block.terms[0].title or block.terms[0].name
    covariate = data.covariates[word]
    if not covariate.levels:
        message = f'"{word}" is a number and does not divide patients into groups'
        raise PlanError([PlanProblem(path, message, f"Give covariate.{word} levels or a coding.")])
    return list(covariate.texts()), covariate.levels, covariate.label
