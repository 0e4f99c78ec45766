"""What is written as TOML is read back as the same data."""

from __future__ import annotations

import tomllib
from importlib import resources

import hypothesis
import pytest
from hypothesis import strategies as st

from embogen.study.toml_text import toml_text

scalars = st.one_of(
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.dates(),
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=12,
)


@hypothesis.given(st.dictionaries(keys, values, max_size=5))
def test_any_document_comes_back(data):
    assert tomllib.loads(toml_text(data)) == data


def test_the_model_study_comes_back():
    file = resources.files("embogen.study").joinpath("demo_data/study.toml")
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    text = toml_text(data)
    assert tomllib.loads(text) == data
    assert "[endpoint.hpfs]" in text
    assert "[[analysis]]" in text


def test_what_toml_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="NoneType"):
        toml_text({"a": None})
