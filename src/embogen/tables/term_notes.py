"""Notes of tables: terms, and estimates that are not ordinary numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embogen.numerals import format_level
from embogen.tables.model import Cell
from embogen.wording import interval_name, term_words

if TYPE_CHECKING:
    from embogen.caveats import Caveat
    from embogen.inference.cox_result import TermEstimate
    from embogen.inference.design import Term


def is_gene(term: Term) -> bool:
    """Whether a term is a gene's genotype, altered against wild type."""
    return term.coding == "binary" and term.level == "altered"


def gene_cell(term: Term, notes: tuple[str, ...] = ()) -> Cell:
    """Name a gene in a table, in italics; a group of genes by its title, upright."""
    return Cell(term.title or term.name, notes=notes, italic=term.title is None)


def term_label(term: Term) -> str:
    """Name a term with what a step in it means.

    Examples
    --------
    >>> from embogen.inference.design import Term
    >>> term_label(Term("DAXX", level="altered", reference="wild type", coding="binary"))
    'DAXX, altered vs wild type'
    """
    return term_words(
        term.title or term.name, term.level, term.reference, coding=term.coding, unit=term.unit
    )


def estimate_note(estimate: TermEstimate) -> str | None:
    """Explain an estimate that is not an ordinary number, in one sentence."""
    interval = estimate.hr.interval
    level = format_level(interval.level) if interval is not None else "95%"
    method = interval_name(interval.method) if interval is not None else "profile likelihood"
    permuted = estimate.primary_method == "permutation"
    test = "" if permuted else " and p is from the likelihood-ratio test"
    match estimate.status:
        case "infinite":
            return (
                "The likelihood rises for ever as the hazard ratio grows (monotone likelihood); "
                f"the one-sided limit is that of the {level} {method} interval{test}."
            )
        case "zero":
            return (
                "The likelihood rises for ever as the hazard ratio shrinks to zero (monotone "
                f"likelihood); the one-sided limit is that of the {level} {method} interval{test}."
            )
        case "not_estimable":
            return (
                "The data do not determine this hazard ratio: the term is constant, or a "
                "combination of the others."
            )
        case _:
            return None


_SHOWN_OTHERWISE: Final = frozenset({"separation", "missing_values", "partial_panel"})
"""Caveats that a table shows in its own cells: a note of its own, a row or column of counts."""


def notes_about(caveats: tuple[Caveat, ...], *subjects: str) -> tuple[str, ...]:
    """Return the messages of the caveats that concern a term, for its footnotes."""
    return tuple(
        dict.fromkeys(
            caveat.message
            for caveat in caveats
            if caveat.subject in subjects and caveat.code not in _SHOWN_OTHERWISE
        )
    )
