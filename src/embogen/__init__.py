"""embogen: clinico-genomic survival studies that can be defended, from a team's own files.

The public names below load on first use, so ``import embogen`` stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embogen.caveats import Caveat
    from embogen.errors import DataError, EmbogenError, EstimationError, PlanError
    from embogen.inference.competing import cumulative_incidence
    from embogen.inference.cox import CoxFit, fit_cox
    from embogen.inference.curves import kaplan_meier
    from embogen.inference.design import Design, Term
    from embogen.inference.fine_gray import fine_gray
    from embogen.inference.permutation import permutation_test
    from embogen.inference.power_simulation import simulate_power
    from embogen.inference.rmst import rmst
    from embogen.inference.significance import logrank
    from embogen.study.parse import read_study
    from embogen.study.results import StudyResults
    from embogen.study.run import run
    from embogen.surv import Surv

__version__ = "0.1.0"

_HOME = {
    "Surv": "embogen.surv",
    "Design": "embogen.inference.design",
    "Term": "embogen.inference.design",
    "fit_cox": "embogen.inference.cox",
    "CoxFit": "embogen.inference.cox",
    "kaplan_meier": "embogen.inference.curves",
    "logrank": "embogen.inference.significance",
    "cumulative_incidence": "embogen.inference.competing",
    "fine_gray": "embogen.inference.fine_gray",
    "rmst": "embogen.inference.rmst",
    "permutation_test": "embogen.inference.permutation",
    "simulate_power": "embogen.inference.power_simulation",
    "read_study": "embogen.study.parse",
    "run": "embogen.study.run",
    "StudyResults": "embogen.study.results",
    "Caveat": "embogen.caveats",
    "EmbogenError": "embogen.errors",
    "PlanError": "embogen.errors",
    "DataError": "embogen.errors",
    "EstimationError": "embogen.errors",
}

__all__ = [
    "Caveat",
    "CoxFit",
    "DataError",
    "Design",
    "EmbogenError",
    "EstimationError",
    "PlanError",
    "StudyResults",
    "Surv",
    "Term",
    "cumulative_incidence",
    "fine_gray",
    "fit_cox",
    "kaplan_meier",
    "logrank",
    "permutation_test",
    "read_study",
    "rmst",
    "run",
    "simulate_power",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute may be anything
    if name not in _HOME:
        msg = f"module 'embogen' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
