"""Results survive the JSON round trip to the last bit."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from embogen.genomics.oncoprint import OncoPrint, Track
from embogen.inference.estimates import Interval
from embogen.study.json_codec import _converter


def bits(value: float) -> bytes:
    return struct.pack("d", value)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_floats_keep_every_bit(low, high):
    converter = _converter()
    text = json.dumps(converter.unstructure(Interval(low, high, 0.95, "wald")), allow_nan=False)
    again = converter.structure(json.loads(text), Interval)
    assert (bits(again.low), bits(again.high)) == (bits(low), bits(high))


def test_nan_survives():
    converter = _converter()
    again = converter.structure(converter.unstructure(Interval(math.nan, 1, 0.95, "x")), Interval)
    assert math.isnan(again.low)


@given(
    npst.arrays(np.int8, npst.array_shapes(min_dims=2, max_dims=2, max_side=4)),
)
def test_arrays_keep_shape_type_and_values(states):
    genes, patients = states.shape
    print_ = OncoPrint(
        genes=tuple("ABCD"[:genes]),
        states=states,
        classes=np.full(states.shape, "missense+splice"),
        fractions=(0.5,) * genes,
        n_tested=(patients,) * genes,
        tracks=(
            Track("age", "Age", "number", (1.5, None)),
            Track("site", "Site", "category", ("<b>", None), ("<b>",)),
        ),
    )
    converter = _converter()
    again = converter.structure(converter.unstructure(print_), OncoPrint)
    assert again.states.dtype == np.int8
    assert np.array_equal(again.states, states)
    assert np.array_equal(again.classes, print_.classes)
    assert again.tracks == print_.tracks
