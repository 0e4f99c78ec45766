"""Cox proportional hazards regression: from an outcome and a design to what may be said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import DataError
from embogen.inference.cox_result import (
    Convergence,
    CoxFit,
    FitStatus,
    TermEstimate,
    TermStatus,
    Ties,
    UnivariableCox,
)
from embogen.inference.row_data import check_level, float_rows, label_rows, one_cause
from embogen.surv import Surv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from embogen.errors import DataProblem
    from embogen.inference.design import Design

__all__ = [
    "Convergence",
    "CoxFit",
    "FitStatus",
    "TermEstimate",
    "TermStatus",
    "Ties",
    "UnivariableCox",
    "fit_cox",
    "univariable_cox",
]


def fit_cox(
    surv: Surv,
    design: Design,
    *,
    ties: Ties = "efron",
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    penalty: Literal["firth"] | None = None,
    level: float = 0.95,
) -> CoxFit:
    """Fit a Cox proportional hazards model by maximum partial likelihood, penalised on request.

    Parameters
    ----------
    surv
        n outcomes of one cause; delayed entry is honoured: at risk on (entry, time].
    design
        n rows, p columns; units and origins of columns do not affect the arithmetic.
    ties
        ``efron`` (tied events share the mean weight of the tie, as in R), ``breslow``, or
        ``exact``: time is truly discrete (quarters, visits), and the ratio is one of odds. Exact
        ties take neither weights, clusters nor a penalty.
    strata
        (n,) labels; each stratum has its own baseline hazard.
    weights
        (n,) positive case weights. Efron with integer weights is not row replication; Breslow is.
    offset
        (n,) added to the log relative hazard.
    cluster
        (n,) labels of the independent units, for a robust variance: the patient where patients
        have several rows, the row number where weights are not counts. Covariance, Wald tests and
        intervals are then robust; likelihood-ratio and score tests take rows as independent.
    penalty
        ``firth``: Jeffreys' prior, for finite hazard ratios where the likelihood is monotone.
        Intervals and p-values are then those of the profile of the penalised likelihood, and
        Wald's stand in ``TermEstimate.wald``. Not together with `cluster`.
    level
        Confidence level of the intervals.

    Returns
    -------
    CoxFit
        Never an exception for what the data do not determine: no events, constant or collinear
        columns and monotone likelihood come back as a status with caveats. A column that is a
        combination of columns before it is the one left out, as in R.

    Raises
    ------
    DataError
        When lengths disagree, or a weight, offset or stratum is unusable: all rows are named.

    Notes
    -----
    Near-equal times are one time, as by R's timefix. Cox, JRSS B 1972;34:187; Efron, JASA
    1977;72:557; Breslow, Biometrics 1974;30:89; exact ties by the recursion of Gail, Lubin &
    Rubinstein, Biometrika 1981;68:703, whose cost grows with the tied events.

    Examples
    --------
    Two patients, the one with x = 1 fails first, then the other: the likelihood r / (1 + r)
    rises for ever, to log 1 = 0 from log 1/2.

    >>> from embogen.inference.design import Design
    >>> fit = fit_cox(Surv([1, 2], [1, 1]), Design.from_arrays([[1], [0]], ["x"]))
    >>> fit.convergence.status, fit.estimates[0].status, round(fit.loglik_null, 4)
    ('separated', 'infinite', -0.6931)
    """
    options = {"strata": strata, "weights": weights, "offset": offset, "cluster": cluster}
    rows = check_rows(surv, design, ties, level, options)
    units = rows.pop("cluster")
    if penalty is not None:
        if penalty != "firth" or units is not None or ties == "exact":
            msg = f'penalty="{penalty}"; "firth" without clusters or exact ties, or None, expected'
            raise ValueError(msg)
        from embogen.inference.firth import fit_firth  # noqa: PLC0415 - loads numba

        return fit_firth(surv, design, ties, rows, level)
    from embogen.inference.cox_fitting import fit_checked  # noqa: PLC0415 - loads numba

    fit = fit_checked(surv, design, ties, rows, level)
    if units is None:
        return fit
    from embogen.inference.robust import with_robust_variance  # noqa: PLC0415 - loads numba

    return with_robust_variance(fit, surv, design, rows, units, level=level)


def check_rows(
    surv: Surv, design: Design, ties: Ties, level: float, options: Mapping[str, ArrayLike | None]
) -> dict[str, Any]:
    """Check what a Cox model is to be fitted to; all problems are raised at once.

    Parameters
    ----------
    surv, design, ties, level
        As in `fit_cox`.
    options
        Some of ``strata``, ``weights``, ``offset``, ``cluster``, as in `fit_cox`.

    Returns
    -------
    rows
        The same four names, each None or one item per row.
    """
    problems: list[DataProblem] = []
    one_cause(surv, problems)
    check_level(level, problems)
    if ties not in {"efron", "breslow", "exact"}:
        msg = f'ties="{ties}" is not one of "efron", "breslow", "exact"'
        raise ValueError(msg)
    for name in ("weights", "cluster"):
        if ties == "exact" and options.get(name) is not None:
            msg = f'ties="exact" has no {name}: use ties="efron", or leave {name} out'
            raise ValueError(msg)
    n = surv.n
    float_rows(design.matrix[:, 0] if design.terms else np.zeros(n), "design", n, problems)
    rows = {
        "strata": label_rows(options.get("strata"), "strata", n, problems),
        "weights": float_rows(options.get("weights"), "weights", n, problems, positive=True),
        "offset": float_rows(options.get("offset"), "offset", n, problems),
        "cluster": label_rows(options.get("cluster"), "cluster", n, problems),
    }
    if problems:
        raise DataError(problems)
    return rows


def univariable_cox(
    surv: Surv,
    designs: Sequence[tuple[Design, NDArray[np.bool_]]],
    *,
    ties: Ties = "efron",
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    penalty: Literal["firth"] | None = None,
    level: float = 0.95,
) -> UnivariableCox:
    """Fit one model per design, each on its own rows.

    Parameters
    ----------
    surv, strata, weights, offset, cluster
        As in `fit_cox`, for all n rows.
    designs
        For each model its design, of m rows, and the (n,) mask of those m rows: a patient not
        tested for a gene is left out of that gene's model only.
    ties, penalty, level
        As in `fit_cox`.

    Returns
    -------
    UnivariableCox
        Fits in the order given, with a ``multiple_testing`` caveat when several genes are among
        them.

    Examples
    --------
    >>> import numpy as np
    >>> from embogen.inference.design import Design
    >>> surv = Surv([1, 2, 3, 4], [1, 1, 1, 1])
    >>> gene = Design.from_arrays([[1], [0], [1]], ["DAXX"])
    >>> result = univariable_cox(surv, [(gene, np.array([True, True, True, False]))])
    >>> result.fits[0].n
    3
    """
    fits = []
    for design, rows in designs:
        mask = np.asarray(rows, dtype=np.bool_)
        options: dict[str, Any] = {
            name: None if values is None else np.asarray(values)[mask]
            for name, values in (
                ("strata", strata),
                ("weights", weights),
                ("offset", offset),
                ("cluster", cluster),
            )
        }
        entry = None if surv.entry is None else surv.entry[mask]
        part = Surv(surv.time[mask], surv.event[mask], entry, surv.causes)
        fits.append(fit_cox(part, design, ties=ties, penalty=penalty, level=level, **options))
    genes = [
        term.label.split(":")[0]
        for design, _ in designs
        for term in design.terms
        if term.coding == "binary" and term.level == "altered"
    ]
    if len(genes) < 2:  # noqa: PLR2004 - several means two or more
        return UnivariableCox(tuple(fits))
    message = (
        f"{len(genes)} genes were tested one by one; the p-values are not adjusted for it, and "
        f"with no effect at all {0.05 * len(genes):.2g} would be expected below .05."
    )
    return UnivariableCox(
        tuple(fits), (Caveat("multiple_testing", message, {"genes": len(genes)}),)
    )
