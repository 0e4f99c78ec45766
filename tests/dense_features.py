"""Blocks of features written out as a full table: what a reader's answer is compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embogen.genomics.feature_blocks import FeatureSource


def dense(source: FeatureSource, step: int = 3) -> NDArray[np.float64]:
    """(n, G) value of each patient and feature, NaN where it is not known; read step by step."""
    n, names = len(source.patients), list(source.names)
    out = np.full((n, len(names)), np.nan)
    for begin in range(0, len(names), step):
        block = source.block(begin, min(begin + step, len(names)))
        assert block.names == tuple(names[begin : begin + step])
        for j in range(len(block.names)):
            tested = source.patterns[block.pattern[j]]
            assert tested.shape == (n,)
            lacking = block.untested[block.untested_start[j] : block.untested_start[j + 1]]
            span = slice(block.start[j], block.start[j + 1])
            rows = block.carriers[span]
            assert (np.diff(rows) > 0).all()
            assert (np.diff(lacking) > 0).all()
            assert tested[rows].all()
            assert tested[lacking].all()
            assert not set(rows) & set(lacking)
            out[tested, begin + j] = 0.0
            out[lacking, begin + j] = np.nan
            out[rows, begin + j] = 1.0 if block.values is None else block.values[span]
            if block.values is not None:
                assert (block.values[span] != 0).all()
    return out
