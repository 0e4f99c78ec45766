"""Fine and Gray's regression of the cumulative incidence of one cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.errors import DataError, DataProblem, NotEstimable
from embogen.inference.cox_result import Ties
from embogen.inference.curve_rows import cause_code, curve_rows
from embogen.inference.design import Design
from embogen.inference.fine_gray_result import Convention, FineGrayFit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embogen.surv import Surv

__all__ = ["Convention", "FineGrayFit", "fine_gray"]


def fine_gray(
    surv: Surv,
    design: Design,
    *,
    cause: str | None = None,
    ties: Ties = "breslow",
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    convention: Convention = "finegray",
    level: float = 0.95,
) -> FineGrayFit:
    """Relate covariates to the cumulative incidence of one cause.

    Parameters
    ----------
    surv
        n outcomes with competing causes; delayed entry is honoured (Geskus' weights).
    design
        n rows, p columns.
    cause
        Name of the cause; the first of `surv.causes` when None.
    ties
        ``breslow`` (as ``cmprsk::crr``) or ``efron`` (as ``coxph`` of ``finegray`` rows unless
        told otherwise).
    strata
        (n,) labels: baseline and censoring distribution are each stratum's own.
    weights
        (n,) positive case weights; the censoring distribution is estimated without them, as R's
        ``finegray`` does.
    convention
        ``finegray``: a censoring on the day of an event comes second, and the censoring weights
        are taken as known by the standard errors, as in ``coxph`` of ``finegray`` rows with
        ``cluster``. ``crr``: patients with an event are still at risk of a censoring on that day,
        and standard errors count the estimation of the weights (Fine and Gray's own), as in
        ``cmprsk::crr``; Breslow ties, without strata, case weights or delayed entry.
    level
        Confidence level.

    Returns
    -------
    FineGrayFit

    Raises
    ------
    DataError
        When lengths disagree, a label or weight is unusable, or the cause is unknown.
    NotEstimable
        When entry times leave the weights undefined (nobody under observation before an entry),
        or the ``crr`` convention is asked for with delayed entry.
    ValueError
        When ``crr`` is asked for with what it does not have.

    Notes
    -----
    Fine & Gray, JASA 1999;94:496. The default honours delayed entry and strata; the two
    conventions agree in the estimates where no censoring shares a day with an event.

    Examples
    --------
    The patient with x = 1 progresses first, and one without dies: the ratio is not finite.

    >>> from embogen.surv import Surv
    >>> surv = Surv([1, 2, 3, 4], [1, 2, 1, 0], causes=["progression", "death"])
    >>> fit = fine_gray(surv, Design.from_arrays([1, 0, 0, 0], ["DAXX"]))
    >>> fit.n_events, fit.n_competing, fit.estimates[0].status
    (2, 1, 'infinite')
    """
    if ties not in {"efron", "breslow"}:
        msg = f'ties="{ties}" is not one of "efron", "breslow"'
        raise ValueError(msg)
    _check_convention(convention, ties, plain=strata is None and weights is None)
    code = cause_code(surv, cause)
    if design.n != surv.n:
        message = f"has {design.n} rows where the outcome has {surv.n}"
        raise DataError([DataProblem("design", message, "Give one row per patient.")])
    rows = curve_rows(surv, strata=strata, weights=weights, level=level)
    from embogen.inference.fine_gray_fitting import fit_rows  # noqa: PLC0415 - loads numba

    if convention == "crr" and rows.entry is not None:
        raise NotEstimable(
            'convention="crr": these patients enter late (delayed entry), for which it has no '
            'form; use convention="finegray".'
        )
    found = (code, surv.causes[code - 1])
    return fit_rows(rows, design, found, ties=ties, convention=convention, level=level)


def _check_convention(convention: str, ties: str, *, plain: bool) -> None:
    if convention not in {"finegray", "crr"}:
        msg = f'convention="{convention}" is not one of "finegray", "crr"'
        raise ValueError(msg)
    if convention == "crr" and (ties != "breslow" or not plain):
        msg = 'convention="crr" has Breslow ties and neither strata nor case weights'
        raise ValueError(msg)
