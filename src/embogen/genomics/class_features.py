"""Genes by alteration class as features: ``TP53 truncating``, ``ERBB2 amplification``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from embogen.genomics.assays import AssayGenotypes, joined_states
from embogen.genomics.coverage import GeneState
from embogen.genomics.feature_blocks import BlockSource, FeatureBlock
from embogen.genomics.tested_patterns import patterns_of_columns

if TYPE_CHECKING:
    from embogen.genomics.classes import AlterationClasses

_ANY: Final = "any"


def class_features(
    found: Sequence[AssayGenotypes], wild_type_by: Literal["all", "any"] = "all"
) -> BlockSource:
    """Make a feature of each gene and class that some patient has.

    A patient with an alteration of another class does not carry it. One whose alteration is of
    unstated kind (``any``) may or may not: such a patient is not tested for the other classes of
    the gene. Who was tested is told by the assays that can show the class: copy number that was
    not measured says nothing of deletions.

    Parameters
    ----------
    found
        What each assay shows, of the same patients and genes; at least one.
    wild_type_by
        Where several assays can show a class: whether ``all`` of them must have covered the gene,
        or ``any``.

    Returns
    -------
    BlockSource
        By gene, then class, in alphabetical order.

    Examples
    --------
    Patient c was not tested.

    >>> import polars as pl
    >>> from embogen.genomics.classes import AlterationClasses
    >>> from embogen.genomics.matrix import AlterationMatrix
    >>> classes = AlterationClasses.of_text(np.array([["missense"], ["splice"], [""]]))
    >>> states = np.array([[1], [1], [2]], np.int8)
    >>> matrix = AlterationMatrix(("a", "b", "c"), ("TP53",), states, classes)
    >>> kinds = frozenset({"missense", "splice"})
    >>> source = class_features([AssayGenotypes("mutations", kinds, matrix, pl.DataFrame(), ())])
    >>> source.names, source.block(0, 2).carriers.tolist(), source.patterns.tolist()
    (('TP53 missense', 'TP53 splice'), [0, 1], [[True, True, False]])
    """
    genes = found[0].matrix.genes
    names: list[tuple[str, str]] = []
    carriers: list[NDArray[np.intp]] = []
    patterns: list[NDArray[np.bool_]] = []
    of: list[NDArray[np.int32]] = []
    for kind in sorted({kind for item in found for kind in _kinds(item)}):
        parts = [_states(item, kind) for item in found if kind in _kinds(item)]
        states = parts[0]
        if len(parts) > 1:
            states = joined_states(np.stack(parts, axis=-1), wild_type_by)
        altered = states == GeneState.ALTERED
        seen = np.flatnonzero(altered.any(axis=0))
        tested = altered[:, seen] | (states[:, seen] == GeneState.WILD_TYPE)
        own = patterns_of_columns(tested)
        of.append(own.of + sum(len(item) for item in patterns))
        patterns.append(own.patterns)
        names += [(genes[j], kind) for j in seen]
        carriers += [np.flatnonzero(altered[:, j]) for j in seen]
    order = sorted(range(len(names)), key=names.__getitem__)
    distinct = patterns_of_columns(np.concatenate(patterns).T)  # two classes may share one
    pattern = distinct.of[np.concatenate(of)]
    block = FeatureBlock.of_carriers(
        [" ".join(names[i]) for i in order],
        [len(carriers[i]) for i in order],
        np.concatenate([np.empty(0, np.int32), *(carriers[i] for i in order)]).astype(np.int32),
        pattern[order],
    )
    return BlockSource(found[0].matrix.patients, block, distinct.patterns)


def _kinds(item: AssayGenotypes) -> frozenset[str]:
    """Give the classes an assay can tell, and ``any`` where it found some of unstated kind."""
    unstated = any(_ANY in _parts(label) for label in item.matrix.classes.labels)
    return item.classes - {_ANY} | ({_ANY} if unstated else set())


def _parts(label: str) -> list[str]:
    """Take apart a label of `AlterationClasses`."""
    return label.split("+")


def _states(item: AssayGenotypes, kind: str) -> NDArray[np.int8]:
    """(n, g) states of one class, as an assay shows them."""
    classes: AlterationClasses = item.matrix.classes
    meaning = np.full(len(classes.labels), GeneState.WILD_TYPE, np.int8)
    for code, label in enumerate(classes.labels):
        if kind in _parts(label):
            meaning[code] = GeneState.ALTERED
        elif _ANY in _parts(label):
            meaning[code] = GeneState.NOT_TESTED
    altered = item.matrix.states == GeneState.ALTERED
    states: NDArray[np.int8] = np.where(altered, meaning[classes.codes], item.matrix.states)
    return states
