"""`AlterationClasses`: what each altered cell holds, as codes into a few labels.

A matrix of text takes up to 160 bytes a cell, 1.9 GB for 25,000 patients and a panel of 470 genes;
there are a dozen labels in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.unsignedinteger]
_JOIN = "+"


@dataclass(frozen=True, slots=True, eq=False)
class AlterationClasses:
    """Alteration classes of patients and genes.

    Parameters
    ----------
    codes
        (n, g) unsigned integers, read-only: the place of a cell's label in `labels`; 0 where the
        gene is not altered.
    labels
        "" first, then in alphabetical order each label that may occur: an alteration class as it
        counts (``missense``), several joined by ``+``, alphabetical.
    """

    codes: Codes
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.labels[:1] != ("",):
            raise ValueError('the first label is not ""')
        self.codes.setflags(write=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the codes: patients and genes."""
        return self.codes.shape

    @classmethod
    def of_text(cls, text: NDArray[np.str_]) -> AlterationClasses:
        """Encode labels as they are, "" where a gene is not altered.

        Examples
        --------
        >>> AlterationClasses.of_text(np.array([["truncating", ""], ["missense", ""]])).codes
        array([[2, 0],
               [1, 0]], dtype=uint8)
        """
        labels = ("", *sorted(set(text.ravel().tolist()) - {""}))
        place = {label: code for code, label in enumerate(labels)}
        codes = [place[label] for label in text.ravel().tolist()]
        return cls(np.array(codes, _dtype(labels)).reshape(text.shape), labels)

    @classmethod
    def of_calls(
        cls,
        shape: tuple[int, ...],
        cells: tuple[NDArray[np.integer], NDArray[np.integer]],
        classes: pl.Series,
    ) -> AlterationClasses:
        """Make them of calls, of which a cell may have several.

        Parameters
        ----------
        shape
            Patients and genes.
        cells
            Row and column of each call.
        classes
            The alteration class of each call.

        Examples
        --------
        >>> calls = pl.Series(["truncating", "missense", "missense"])
        >>> cells = np.array([0, 0, 0]), np.array([1, 1, 0])
        >>> AlterationClasses.of_calls((1, 2), cells, calls).text().tolist()
        [['missense', 'missense+truncating']]
        """
        kinds = sorted(classes.unique().to_list())
        if not kinds:
            return cls(np.zeros(shape, np.uint8), ("",))
        code = classes.cast(pl.Enum(kinds)).to_physical().to_numpy()
        once = np.unique(np.ravel_multi_index(cells, shape) * len(kinds) + code)
        cell, code = np.divmod(once, len(kinds))
        first = np.flatnonzero(np.diff(cell, prepend=-1))
        labels = [kinds[i] for i in code[first]]
        several = np.diff(first, append=len(cell)) > 1
        for i in np.flatnonzero(several):
            last = first[i + 1] if i + 1 < len(first) else len(cell)
            labels[i] = _label(kinds[j] for j in code[first[i] : last])
        return _at_cells(shape, np.unravel_index(cell[first], shape), labels)

    def text(self, columns: Sequence[int] | slice = slice(None)) -> NDArray[np.str_]:
        """(n, k) labels of some genes, or of all.

        Examples
        --------
        >>> classes = AlterationClasses(np.array([[0, 1]], np.uint8), ("", "splice"))
        >>> classes.text([1]).tolist()
        [['splice']]
        """
        found: NDArray[np.str_] = np.array(self.labels)[self.codes[:, columns]]
        return found

    def rows(self, at: NDArray[np.intp]) -> AlterationClasses:
        """Take some patients, in the order given; -1 is one with no alteration."""
        codes = np.zeros((len(at), self.shape[1]), self.codes.dtype)
        codes[at >= 0] = self.codes[at[at >= 0]]
        return AlterationClasses(codes, self.labels)

    def with_columns(self, more: Sequence[AlterationClasses]) -> AlterationClasses:
        """Put the columns of others, for the same patients, after these.

        Examples
        --------
        >>> one, other = (AlterationClasses.of_text(np.array([[x]])) for x in ("splice", "loss"))
        >>> both = one.with_columns([other])
        >>> both.labels, both.codes.tolist()
        (('', 'loss', 'splice'), [[2, 1]])
        """
        parts = (self, *more)
        labels = ("", *sorted({label for part in parts for label in part.labels} - {""}))
        place = {label: code for code, label in enumerate(labels)}
        recoded = [
            np.array([place[label] for label in part.labels], _dtype(labels))[part.codes]
            for part in parts
        ]
        return AlterationClasses(np.column_stack(recoded), labels)

    def joined(self, columns: Sequence[int]) -> AlterationClasses:
        """(n, 1) classes of several genes taken as one: all their classes, each once.

        Examples
        --------
        >>> text = np.array([["loss+missense", "missense"], ["", ""]])
        >>> AlterationClasses.of_text(text).joined([0, 1]).text().tolist()
        [['loss+missense'], ['']]
        """
        if not columns:
            return AlterationClasses(np.zeros((len(self.codes), 1), np.uint8), ("",))
        return joined_classes([AlterationClasses(self.codes[:, [j]], self.labels) for j in columns])


def joined_classes(parts: Sequence[AlterationClasses]) -> AlterationClasses:
    """Join the classes that several assays of the same patients and genes found, cell by cell.

    Examples
    --------
    >>> first = AlterationClasses.of_text(np.array([["splice", "loss"]]))
    >>> second = AlterationClasses.of_text(np.array([["fusion", ""]]))
    >>> joined_classes([first, second]).text().tolist()
    [['fusion+splice', 'loss']]
    """
    altered = np.logical_or.reduce([part.codes != 0 for part in parts])
    cells = np.nonzero(altered)
    codes = np.stack([part.codes[cells].astype(np.intp) for part in parts], axis=-1)
    kinds, which = np.unique(codes, axis=0, return_inverse=True)
    labels = [
        _label(part.labels[code] for part, code in zip(parts, kind, strict=True)) for kind in kinds
    ]
    labels_of = [labels[i] for i in which.ravel()]
    return _at_cells(altered.shape, cells, labels_of)


def _at_cells(
    shape: tuple[int, ...], cells: tuple[NDArray[np.intp], ...], labels_of: Sequence[str]
) -> AlterationClasses:
    """Make them of the altered cells alone: the place of each, and its label."""
    labels = ("", *sorted(set(labels_of) - {""}))
    place = {label: code for code, label in enumerate(labels)}
    codes = np.zeros(shape, _dtype(labels))
    codes[cells] = np.array([place[label] for label in labels_of], codes.dtype)
    return AlterationClasses(codes, labels)


def _label(labels: Iterable[str]) -> str:
    """Join the classes of several labels, each once, in alphabetical order."""
    return _JOIN.join(sorted({one for label in labels for one in label.split(_JOIN) if one}))


def _dtype(labels: Sequence[str]) -> np.dtype[np.unsignedinteger]:
    """Choose the smallest integers that hold the codes."""
    return np.min_scalar_type(len(labels) - 1)
