"""Gene panels: which genes a specimen could have shown altered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GenePanel:
    """A gene panel.

    Parameters
    ----------
    panel_id
        Its stable id, as specimens name it: ``IMPACT468``.
    description
        What the file says about it.
    genes
        Gene symbols it covers.
    source
        The file it was read from, as the study names it.
    every_gene
        Whether it is no panel but an exome or genome: every gene was tested, and `genes` is empty.

    Examples
    --------
    >>> "DAXX" in GenePanel("P1", "", frozenset({"DAXX", "MEN1"})).genes
    True
    """

    panel_id: str
    description: str
    genes: frozenset[str]
    source: str = ""
    every_gene: bool = False
