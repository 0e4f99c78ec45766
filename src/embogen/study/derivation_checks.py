"""What a covariate of a plan says of where it comes from: a column, or how it is derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from embogen.errors import PlanProblem
from embogen.study.covariate_plan import Derivation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DERIVATIONS: Final[tuple[str, ...]] = get_args(Derivation)
FROM_PROCEDURES: Final = ("sessions", "course_days", "worst_ctcae", "first_session")
"""Derivations that read the procedures table."""


def derivation_problems(covariates: Mapping[str, Any]) -> list[PlanProblem]:
    """Find covariates that say neither or both of where they are and how they are derived.

    Reads the raw TOML, so that it runs also when other parts are wrong.
    """
    problems: list[PlanProblem] = []
    for name, spec in covariates.items():
        if isinstance(spec, dict):
            problems += _covariate_problems(f"covariate.{name}", spec)
    return problems


def _covariate_problems(path: str, spec: dict[str, Any]) -> list[PlanProblem]:
    derive, column = spec.get("derive"), spec.get("column")
    if derive is None and column is None:
        remedy = f"Name its column, or derive one of {', '.join(DERIVATIONS)}."
        return [PlanProblem(path, "says neither column nor derive", remedy)]
    problems: list[PlanProblem] = []
    if derive == "first_session" and column is None:
        message = "takes a value of the first session, and column does not say which"
        problems.append(PlanProblem(path, message, 'Write for instance column = "embolic".'))
    elif isinstance(derive, str) and derive != "first_session" and column is not None:
        message = f"both is a column and derives {derive}"
        problems.append(PlanProblem(path, message, "Keep one of the two."))
    belongs: tuple[tuple[str, Callable[[object], bool], str], ...] = (
        ("edition", lambda word: word in {"who_grade", "who_class"}, "who_grade and who_class"),
        ("cutpoints", lambda word: word == "tumor_burden", "tumor_burden"),
        ("course_gap_days", lambda word: word in FROM_PROCEDURES, ", ".join(FROM_PROCEDURES)),
    )
    problems += [
        PlanProblem(f"{path}.{key}", f"belongs to {words}", "Remove it.")
        for key, fits, words in belongs
        if key in spec and not fits(derive)
    ]
    cuts = spec.get("cutpoints")
    if isinstance(cuts, list) and all(isinstance(cut, int | float) for cut in cuts):
        if cuts != sorted(set(cuts)) or not cuts:
            problems.append(PlanProblem(f"{path}.cutpoints", "must rise", "Write [25, 50]."))
        elif not all(0 < cut < 100 for cut in cuts):  # noqa: PLR2004 - per cent
            message = "must lie between 0 and 100 per cent"
            problems.append(PlanProblem(f"{path}.cutpoints", message, "Write [25, 50]."))
    return problems
