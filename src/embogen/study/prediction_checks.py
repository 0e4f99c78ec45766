"""Checks of a predicted survival: its levels and held values belong to terms of its model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from embogen.errors import PlanProblem
from embogen.study.terms import gene_of


def prediction_problems(path: str, analysis: dict[str, Any]) -> Iterator[PlanProblem]:
    """Find covariates of `by` and `at` that are no term of the model.

    Genes may go by older symbols and stand behind ``gene:*``; they are looked up when it is run.
    """
    terms, by, held = analysis.get("terms"), analysis.get("by"), analysis.get("at")
    terms = terms if isinstance(terms, list) else []
    have = f"The model has: {', '.join(str(term) for term in terms)}."
    words = [(f"{path}.by", by)] if isinstance(by, str) else []
    words += [(f"{path}.at.{word}", word) for word in (held if isinstance(held, dict) else ())]
    for place, word in words:
        if gene_of(word) is None and word not in terms:
            yield PlanProblem(place, f'"{word}" is not one of the terms', have)
    if isinstance(held, dict) and by in held:
        message = f'"{by}" cannot be held: its levels are what is compared'
        yield PlanProblem(f"{path}.at.{by}", message, "Remove it, or name another term in by.")
