"""Which tables an analysis is shown in: one line per kind of result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.inference.agreement import SpecimenAgreement
from embogen.inference.association import Associations
from embogen.inference.competing import CumulativeIncidence
from embogen.inference.cox_result import CoxFit, UnivariableCox
from embogen.inference.curves import KaplanMeier
from embogen.inference.describe import BaselineTable
from embogen.inference.entry_audit import EntryAudit
from embogen.inference.fine_gray_result import FineGrayFit
from embogen.inference.frequency import GeneFrequency
from embogen.inference.gene_by_group import GeneByGroup
from embogen.inference.gene_pairs import CoMutation
from embogen.inference.ph_test import ProportionalHazardsTest
from embogen.inference.predicted_survival import PredictedSurvival
from embogen.inference.rmst import Rmst
from embogen.inference.validation_result import CoxValidation
from embogen.tables.agreement import agreement_rows
from embogen.tables.association import adjusted_rows, association_rows
from embogen.tables.baseline import baseline_rows
from embogen.tables.competing import incidence_rows
from embogen.tables.cox import multivariable_rows, paired_rows, univariable_rows
from embogen.tables.curves import curve_rows
from embogen.tables.entry_audit import audit_tables
from embogen.tables.fine_gray import subdistribution_rows
from embogen.tables.frequency import frequency_rows
from embogen.tables.gene_by_group import group_rows
from embogen.tables.gene_pairs import pair_rows
from embogen.tables.hazards import hazard_rows
from embogen.tables.p_values import p_value_rows
from embogen.tables.panel_family import panel_rows
from embogen.tables.predicted import predicted_rows
from embogen.tables.proportional_hazards import proportional_hazards_rows
from embogen.tables.rmst import rmst_rows
from embogen.tables.validation import validation_rows
from embogen.wording import grouping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.study.results import Analysis, StudyResults
    from embogen.tables.model import Table


def tables_of(analysis: Analysis, results: StudyResults) -> tuple[Table, ...]:
    """Build the tables of one analysis; none for a failed one and for a pure figure.

    A multivariable Cox model is set beside the univariable analysis of the same endpoint that
    shares most terms with it, when the study has one.
    """
    name, title = analysis.id, analysis.title
    tables: tuple[Table, ...] = ()
    match analysis.result:
        case BaselineTable() as result:
            tables = (baseline_rows(result, name=name, title=title),)
        case GeneFrequency() as result:
            tables = (frequency_rows(result, name=name, title=title),)
        case UnivariableCox() as result:
            tables = (univariable_rows(result, name=name, title=title),)
            tables += _p_values(result.fits, analysis)
            if result.panel is not None:
                beside = f"{title}: genes of the panel"
                tables += (panel_rows(result.panel, name=f"{name}-panel", title=beside),)
        case CoxFit() as result:
            tables = (
                multivariable_rows(result, name=name, title=title),
                *_p_values((result,), analysis),
            )
            partner = _partner(analysis, result, results)
            if partner is not None:
                beside = f"{title}, beside the univariable estimates"
                file = f"{name}-beside-univariable"
                tables += (paired_rows(partner, result, name=file, title=beside),)
        case CoxValidation() as result:
            tables = (validation_rows(result, name=name, title=title),)
        case KaplanMeier() as result:
            tables = _curve_tables(result, analysis, results)
        case EntryAudit() as result:
            tables = audit_tables(result, name=name, title=title, unit=_unit(analysis, results))
        case _:
            tables = _outcome_tables(analysis, results) or _gene_tables(analysis)
    return tables


def _curve_tables(
    result: KaplanMeier, analysis: Analysis, results: StudyResults
) -> tuple[Table, ...]:
    name, title = analysis.id, analysis.title
    by, unit = grouping(results.plan, analysis.id), _unit(analysis, results)
    table = curve_rows(result, name=name, title=title, unit=unit, by=by)
    if result.hazards is None:
        return (table,)
    file, beside = f"{name}-cumulative-hazard", f"{title}: cumulative hazard"
    return table, hazard_rows(result.hazards, name=file, title=beside, by=by)


def _unit(analysis: Analysis, results: StudyResults) -> str:
    """Return the unit an analysis's times are shown in."""
    return next((e.time_unit for e in results.endpoints if e.name == analysis.endpoint), "months")


def _outcome_tables(analysis: Analysis, results: StudyResults) -> tuple[Table, ...]:
    """Build the tables of competing risks, restricted means and yes-or-no outcomes."""
    name, title = analysis.id, analysis.title
    unit = _unit(analysis, results)
    by = grouping(results.plan, analysis.id)
    tables: tuple[Table, ...] = ()  # an OncoPrint is a figure; a failed analysis has no result
    match analysis.result:
        case CumulativeIncidence() as result:
            tables = (incidence_rows(result, name=name, title=title, by=by),)
        case FineGrayFit() as result:
            tables = (subdistribution_rows(result, name=name, title=title),)
        case ProportionalHazardsTest() as result:
            tables = (proportional_hazards_rows(result, name=name, title=title),)
        case PredictedSurvival() as result:
            tables = (predicted_rows(result, name=name, title=title, unit=unit),)
        case Rmst() as result:
            tables = (rmst_rows(result, name=name, title=title, unit=unit, by=by),)
        case Associations() as result:
            tables = (association_rows(result, name=name, title=title),)
            if result.adjusted:
                beside = f"{title}: adjusted odds ratios"
                tables += (adjusted_rows(result, name=f"{name}-adjusted", title=beside),)
    return tables


def _gene_tables(analysis: Analysis) -> tuple[Table, ...]:
    """Build the tables of genes beside each other, by group, and by specimen."""
    name, title = analysis.id, analysis.title
    tables: tuple[Table, ...] = ()
    match analysis.result:
        case CoMutation() as result:
            tables = (pair_rows(result, name=name, title=title),)
        case GeneByGroup() as result:
            tables = (group_rows(result, name=name, title=title),)
        case SpecimenAgreement() as result:
            tables = (agreement_rows(result, name=name, title=title),)
    return tables


def _p_values(fits: Sequence[CoxFit], analysis: Analysis) -> tuple[Table, ...]:
    title = f"{analysis.title}: p-values by method"
    table = p_value_rows(fits, name=f"{analysis.id}-p-values", title=title)
    return () if table is None else (table,)


def _partner(analysis: Analysis, fit: CoxFit, results: StudyResults) -> UnivariableCox | None:
    terms = {item.term.label for item in fit.estimates}
    best: UnivariableCox | None = None
    most = 0
    for other in results.analyses:
        if other.endpoint != analysis.endpoint or not isinstance(other.result, UnivariableCox):
            continue
        labels = {item.term.label for one in other.result.fits for item in one.estimates}
        if len(terms & labels) > most:
            best, most = other.result, len(terms & labels)
    return best
