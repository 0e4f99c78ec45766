"""Commands that help to plan a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from embogen.commands.exit_codes import OK
from embogen.errors import DataError, PlanError, PlanProblem
from embogen.terminal import progress, say

if TYPE_CHECKING:
    from embogen.inference.power_result import PublishedRatio
    from embogen.inference.power_trial import PowerTrial


def power(
    study: Path | None = None,
    *,
    gene: str | None = None,
    analysis: str | None = None,
    patients: int | None = None,
    carriers: int | None = None,
    events: int | None = None,
    median: float | None = None,
    accrual: float = 0.0,
    follow_up: float | None = None,
    hr: list[float] | None = None,
    level: float = 0.05,
    test: Literal["permutation", "wald", "likelihood_ratio", "score"] | None = None,
    published: float | None = None,
    replicates: int = 4000,
    seed: int = 1,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Tell which hazard ratios a study can show, by formula and by simulation.

    Parameters
    ----------
    study
        A study file, or its folder: its outcome, strata and test are taken, with --gene.
    gene
        Gene of the study.
    analysis
        Cox analysis of the study whose test is meant; the first with the gene when not given.
    patients
        Without a study: number of patients.
    carriers
        Without a study: number of them who carry.
    events
        Without a study: number of them who have the event; or give --median and --follow-up.
    median
        Median time to the event, in any unit, of all patients.
    accrual
        How long patients are taken in, in the same unit.
    follow_up
        How long the last patient is followed, in the same unit.
    hr
        True hazard ratio, as often as needed; the usual ones when not given.
    level
        Two-sided level of the test.
    test
        The test; by default that of the study, or permutation with fewer than 20 patients in the
        smaller group and Wald otherwise.
    published
        A significant hazard ratio to be corrected for the winner's curse.
    replicates
        Simulated studies for each hazard ratio.
    seed
        Seed of the simulation, without a study.
    out
        Folder for the curve (power.svg) and its numbers (power.csv).
    json
        Print all numbers as JSON.
    """
    from embogen.report.power_summary import (
        power_data,
        power_lines,
        power_table,
        write_power_curve,
    )

    if events is None and median is not None and follow_up is not None:
        events = _expected(patients or 0, median, accrual, follow_up)
    sizes = {"patients": patients, "carriers": carriers, "events": events}
    _check_words(study, gene, sizes)
    _check_ratios(hr, published)
    notes: tuple[str, ...] = ()
    subject, notice = "", None
    found: PublishedRatio | None = None
    with progress(quiet=json) as stage:
        if study is not None and gene is not None:
            from embogen.study.design_power import gene_trial
            from embogen.study.parse import read_study

            stage("reading the data")
            parsed = read_study(study)
            prepared = gene_trial(
                parsed, gene, analysis=analysis, test=test, level=level, replicates=replicates
            )
            trial, notes, subject = prepared.trial, prepared.notes, gene
            notice = parsed.plan.study.synthetic
            found = prepared.published()
        else:
            trial = _designed(sizes, level, test, replicates, seed)
        stage("simulating")
        curve = power_table(trial, hr)
        if published is not None:
            found = trial.published(published)
        summary = (power_data if json else power_lines)(curve, found, notes)
        if out is not None:
            stage("drawing the curve")
            summary["files"] = write_power_curve(trial, curve, out, subject=subject, notice=notice)
    say(summary, json=json)
    return OK


def _check_words(study: Path | None, gene: str | None, sizes: dict[str, int | None]) -> None:
    """Require a study with a gene, or three numbers."""
    problems = []
    given = [name for name, value in sizes.items() if value is not None]
    if study is not None:
        if gene is None:
            problems.append(PlanProblem("--gene", "is missing", "Name a gene of the study."))
        if given:
            message = "comes from the study"
            problems += [PlanProblem(f"--{name}", message, "Leave it out.") for name in given]
    else:
        missing = [name for name in sizes if name not in given]
        remedy = "Give --patients, --carriers and --events, or a study and --gene."
        problems += [PlanProblem(f"--{name}", "is missing", remedy) for name in missing]
        if gene is not None:
            remedy = "Name the study, or leave --gene out."
            problems.append(PlanProblem("--gene", "needs a study", remedy))
    if problems:
        raise PlanError(problems)


def _expected(patients: int, median: float, accrual: float, follow_up: float) -> int:
    """Give the events expected of a follow-up, at least 1."""
    from embogen.inference.power import event_fraction

    try:
        return max(round(patients * event_fraction(median, accrual, follow_up)), 1)
    except DataError as error:
        raise PlanError(_typed(error)) from None


def _typed(error: DataError) -> list[PlanProblem]:
    """Take problems of what was typed: that is the plan here, not data."""
    return [PlanProblem(item.file, item.message, item.remedy) for item in error.problems]


def _check_ratios(hr: list[float] | None, published: float | None) -> None:
    """Require positive hazard ratios."""
    typed = [("--hr", ratio) for ratio in hr or []]
    typed += [] if published is None else [("--published", published)]
    problems = [
        PlanProblem(word, f"{ratio:g} is not a positive number", "A hazard ratio is above 0.")
        for word, ratio in typed
        if not 0.0 < ratio < float("inf")
    ]
    if problems:
        raise PlanError(problems)


def _designed(
    sizes: dict[str, int | None],
    level: float,
    test: Literal["permutation", "wald", "likelihood_ratio", "score"] | None,
    replicates: int,
    seed: int,
) -> PowerTrial:
    import numpy as np

    from embogen.inference.power_simulation import design_trial

    try:
        return design_trial(
            n_patients=sizes["patients"] or 0,
            n_carriers=sizes["carriers"] or 0,
            n_events=sizes["events"] or 0,
            level=level,
            test=test,
            replicates=replicates,
            rng=np.random.default_rng(seed),
        )
    except DataError as error:
        raise PlanError(_typed(error)) from None


COMMANDS = (power,)
"""In the order of the first screen."""
