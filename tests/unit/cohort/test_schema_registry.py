"""The registry is consistent with itself, and the flow adds up."""

from __future__ import annotations

import pytest

from embogen.cohort.flow import Exclusion, FlowStep
from embogen.cohort.schema import EMBOLIZATIONS, PROCEDURES, SCHEMAS

EVERY = [(name, item) for name, schema in SCHEMAS.items() for item in schema.variables]


@pytest.mark.parametrize(("table", "variable"), EVERY, ids=[f"{t}.{v.name}" for t, v in EVERY])
def test_every_variable_is_documented_and_consistent(table: str, variable):
    assert variable.meaning.endswith(".")
    assert variable.name == variable.name.lower()
    assert (variable.type == "category") == bool(variable.allowed)
    assert {value for _, value in variable.aliases} <= set(variable.allowed)
    spellings = [word for word, _ in variable.aliases]
    assert len(set(spellings)) == len(spellings)
    if variable.minimum is not None and variable.maximum is not None:
        assert variable.minimum < variable.maximum


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_names_are_unique_and_the_key_exists(name: str):
    schema = SCHEMAS[name]
    names = [item.name for item in schema.variables]
    assert len(set(names)) == len(names)
    assert schema.key in names
    assert schema.variable("patient_id") is not None
    assert schema.variable("no such column") is None


def test_embolizations_are_modalities():
    modality = PROCEDURES.variable("modality")
    assert modality is not None
    assert set(EMBOLIZATIONS) < set(modality.allowed)


def test_a_flow_step_that_does_not_add_up_is_refused():
    FlowStep("x", 2, 1, (Exclusion("a", "why"),))
    with pytest.raises(ValueError, match="2 - 1 is not 2"):
        FlowStep("x", 2, 2, (Exclusion("a", "why"),))
