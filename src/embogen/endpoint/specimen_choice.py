"""Which of a patient's specimens speaks for the disease that was treated."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from embogen.caveats import Caveat
from embogen.endpoint.specimen_window import dated_specimens
from embogen.errors import DataError, DataProblem

if TYPE_CHECKING:
    import datetime as dt

    from embogen.cohort.model import Cohort

SpecimenRule = Literal["any", "closest_to_origin", "latest_before_origin", "liver_first"]

_WORDS: Final[Mapping[str, str]] = {
    "any": "an alteration in any of them counts",
    "closest_to_origin": "the one nearest to the origin speaks",
    "latest_before_origin": "the last one at or before the origin speaks",
    "liver_first": "those of the liver speak where there are any",
}


def choose_specimens(
    cohort: Cohort,
    origins: Mapping[str, dt.date],
    rule: SpecimenRule,
    window_days: float | None,
    liver_sites: Collection[str] = ("liver",),
) -> tuple[Cohort, tuple[Caveat, ...]]:
    """Leave each patient the specimens that speak by the rule.

    Parameters
    ----------
    cohort
        With a specimens table.
    origins
        Patient id to origin.
    rule
        ``any``: all of them. ``closest_to_origin``: the nearest in days, before or after; of two
        as near the earlier. ``latest_before_origin``: the last at or before the origin.
        ``liver_first``: those of the liver, or all where none is of the liver.
    window_days
        Only specimens within so many days of the origin are chosen among; None for all. Those
        outside stay in the table, for the window to count.
    liver_sites
        Values of ``site`` that are the liver, in any case.

    Returns
    -------
    cohort
        With the specimens that speak.
    caveats
        ``several_specimens`` where patients had more than one to choose from;
        ``no_specimen_by_rule`` where none of a patient's specimens meets the rule.

    Raises
    ------
    DataError
        For ``liver_first`` when no specimen at all is of the liver.

    Notes
    -----
    A failed specimen tells nothing, so it speaks only where a patient has no other. Specimens of
    one day speak together.
    """
    if cohort.specimens is None:
        return cohort, ()
    rows = dated_specimens(cohort, origins)
    inside = pl.lit(value=True)
    if window_days is not None:
        inside = (pl.col("days").abs() <= window_days).fill_null(value=False)
    rows = rows.filter(inside)
    sequenced = rows.filter(~pl.col("failed"))
    failed_only = rows.join(sequenced, on="patient_id", how="anti")
    candidates = pl.concat([sequenced, failed_only])
    chosen = _chosen(candidates, cohort, rule, liver_sites)
    silent = set(rows["specimen_id"]) - set(chosen["specimen_id"])
    speaking = cohort.specimens.filter(~pl.col("specimen_id").is_in(list(silent)))
    caveats = _caveats(sequenced, candidates, chosen, rule)
    return dataclasses.replace(cohort, specimens=speaking), caveats


def _chosen(
    candidates: pl.DataFrame, cohort: Cohort, rule: SpecimenRule, liver_sites: Collection[str]
) -> pl.DataFrame:
    """Return the rows of the specimens that speak."""
    days = pl.col("days")
    match rule:
        case "any":
            return candidates
        case "closest_to_origin":
            dated = candidates.filter(days.is_not_null())
            nearest = dated.filter(days.abs() == days.abs().min().over("patient_id"))
            return nearest.filter(days == days.min().over("patient_id"))
        case "latest_before_origin":
            before = candidates.filter(days <= 0)
            return before.filter(days == days.max().over("patient_id"))
        case "liver_first":
            return _of_the_liver(candidates, cohort, liver_sites)


def _of_the_liver(
    candidates: pl.DataFrame, cohort: Cohort, liver_sites: Collection[str]
) -> pl.DataFrame:
    table = cohort.specimens
    wanted = [site.strip().lower() for site in liver_sites]
    site = pl.lit(None, pl.String)
    if table is not None and "site" in table.columns:
        site = pl.col("site").str.strip_chars().str.to_lowercase()
        sites = table.select(
            "specimen_id", site.is_in(wanted).fill_null(value=False).alias("liver")
        )
    else:
        sites = candidates.select("specimen_id", pl.lit(value=False).alias("liver"))
    rows = candidates.join(sites, on="specimen_id", how="left", maintain_order="left")
    if not rows["liver"].any():
        message = f"no specimen is of the liver (site {' or '.join(wanted)}), and the plan asks"
        remedy = "Name the values under specimens.liver_sites, or choose another rule."
        column = cohort.headers.get("specimens.site", "site")
        raise DataError([DataProblem(cohort.file("specimens"), message, remedy, column=column)])
    any_liver = pl.col("liver").any().over("patient_id")
    return rows.filter(pl.col("liver") | ~any_liver).drop("liver")


def _caveats(
    sequenced: pl.DataFrame, candidates: pl.DataFrame, chosen: pl.DataFrame, rule: SpecimenRule
) -> tuple[Caveat, ...]:
    caveats = []
    counts = sequenced.group_by("patient_id").agg(pl.len())
    several = int((counts["len"] > 1).sum())
    if several:
        message = (
            f"{several} of {counts.height} patients have several specimens to choose from; "
            f"{_WORDS[rule]}."
        )
        evidence = {"several": several, "patients": counts.height}
        caveats.append(Caveat("several_specimens", message, evidence))
    without = candidates["patient_id"].n_unique() - chosen["patient_id"].n_unique()
    if without:
        message = (
            f"None of the specimens of {without} patients meets the rule of the plan "
            f"({_WORDS[rule]}): their genes count as not tested."
        )
        caveats.append(Caveat("no_specimen_by_rule", message, {"patients": without}))
    return tuple(caveats)
