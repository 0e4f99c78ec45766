"""Caveats: statistical and clinical warnings as data that travel with a result to the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

CAVEAT_CODES: Final[Mapping[str, str]] = {
    "separation": "The likelihood has no maximum: the hazard ratio is infinite or zero.",
    "not_converged": "The iteration stopped before its tolerance was met.",
    "constant_term": "A term has one value in all patients analysed and cannot be estimated.",
    "collinear_term": "A term is a linear combination of others and cannot be estimated.",
    "no_events": "No event was observed, so nothing about the hazard can be estimated.",
    "few_events_per_parameter": "Fewer than 10 events stand behind each estimated parameter.",
    "few_carriers": "Fewer than 5 patients, or 3 events, stand in the smaller group of a term.",
    "small_expected_counts": "A large-sample test would rest on expected counts below 5.",
    "never_at_risk": "Patients whose entry is not before their exit were left out.",
    "specimen_after_origin": "Some specimens were taken after the time origin: carriers were "
    "bound to survive until then (immortal time) unless entry is delayed.",
    "specimen_outside_window": "Specimens outside the allowed window around the origin.",
    "genes_tied_at_cut": "More genes than asked for are tied at the frequency cut; all are kept.",
    "no_panel": "No gene panel is known for these specimens; coverage was declared in the plan.",
    "partial_panel": "Some patients were not tested for a gene; they are not counted as wild type.",
    "nothing_testable": "No gene has enough carriers for any comparison.",
    "missing_values": "A variable has missing values.",
    "multiple_testing": "Several genes were tested; these p-values are not adjusted for it.",
    "median_not_reached": "A survival curve stays above one half; its median is not reached.",
    "long_assessment_gap": "The liver was not assessed for long before the event or censoring.",
    "scan_family_too_large": "A scan has too many carriers for max-T; Holm's p-values stand.",
    "scan_family_not_binary": "A scan has features of other values than 0 and 1: no max-T.",
    "variants_left_out": "Variants that too few patients carry are no features of a scan.",
    "variants_not_told": "Calls tell no variant: their patients are not tested for the gene's.",
    "synthetic": "These data are SYNTHETIC; no conclusion about patients may be drawn.",
    "repeated_header": "A file holds its header line more than once; the repeats were passed over.",
    "unknown_panel": "The gene panel of some specimens is not known: nothing is taken as tested.",
    "calls_off_panel": "Calls in genes that the specimen's panel does not list were set aside.",
    "genes_renamed": "Genes under older symbols are taken under their current ones.",
    "panel_from_sample_id": "The gene panel of some specimens was told by their ids.",
    "panel_conflict": "What is said of the gene panel of specimens disagrees.",
    "several_specimens": "Patients have several specimens; a rule of the plan says which speak.",
    "no_specimen_by_rule": "None of a patient's specimens meets the rule of the plan.",
    "few_pairs": "A kappa rests on fewer than 20 pairs.",
    "not_every_assay": "Patients lack an assay that could have shown some genes altered.",
    "calls_left_out": "Calls that do not count as an alteration by the plan.",
    "specimens_without_calls": "Sequenced specimens do not occur in the mutation file.",
    "altered_and_wild_type": "A gene of a sample is altered in one row and wild type in another.",
    "status_unknown": "Assessments that cannot be evaluated were passed over.",
    "no_gray_test": "Gray's test was not given: it has no form for patients who enter late.",
    "risk_set_emptied": "Everybody at risk had an event before later patients entered.",
    "before_landmark": "Patients whose follow-up ended before the landmark were left out.",
    "response_unknown": "Patients whose response is not known were left out.",
    "empty_cell": "A cell of a two-by-two table is empty: its odds ratio is zero or infinite.",
    "coarse_permutation": "So few relabellings exist that no small p-value can occur.",
    "saddlepoint": "A permutation p-value was approximated, not counted or drawn.",
    "competing_by_landmark": "Patients had a competing event by the landmark; they count as "
    "without the event.",
    "cause_specific": "Patients are censored at a competing event: hazards are cause-specific.",
    "approximate_permutation": "Residual scores were permuted: the p-value is not exact.",
    "nothing_to_compare": "Nobody at risk outlived a patient with an event: no pair to compare.",
    "few_clusters": "A robust variance rests on few clusters and is too small on average.",
    "no_robust_variance": "Without finite estimates there is no robust variance.",
    "penalised_separation": "Without its penalty the hazard ratio would be infinite or zero.",
    "robust_variance_zero": "The robust variance of a term is zero: it has no interval.",
    "few_events_for_ph_test": "A test of proportional hazards rests on fewer than 10 events.",
    "no_permutation": "A permutation p-value was due for a term and could not be given.",
    "uninformative_strata": "Some strata hold carriers only, or none: they tell nothing of a gene.",
    "adjusted_family": "Adjusted p-values stand beside the p-values of the genes tested.",
    "profile_not_found": "A limit of a profile-likelihood interval could not be found.",
    "influential_patient": "Leaving out one patient changes an estimate, or its significance.",
    "grade_disagrees": "Recorded grades are not those that Ki-67 and mitoses give.",
    "grade_uncertain": "Derived grades rest on one index, or on an unknown differentiation.",
    "burden_disagrees": "Recorded tumor burdens are not those that the volumes give.",
    "known_after_origin": "A covariate is known only after the time origin.",
    "instrument_not_used": "Rows of a REDCap export belong to instruments no table is read from.",
    "identifier_column": "A column looks like an identifier of patients.",
    "resamples_left_out": "Resamples without finite estimates were left out of a validation.",
    "winners_curse": "A significant hazard ratio from few events is too far from 1 on average.",
    "specimen_at_event": "Some specimens were taken at or after the event, or the end of "
    "follow-up: their patients are in the cohort because of it.",
    "dependent_truncation": "Entry depends on the event time, which delayed entry presumes it "
    "does not.",
    "no_baseline_scan": "Patients have no measured baseline scan: no criterion can judge them.",
    "interval_censored": "Progressions lie between two scans and are analysed at the later one.",
    "bounded_values": "Numbers given as a limit (>89) were taken at that limit.",
    "attribute_as_text": "A column named as one of embogen's variables holds something else.",
    "files_passed_over": "A study folder holds files of kinds that embogen does not read.",
    "partial_deletions": "Copy-number deletions of uncertain depth count as homozygous.",
    "profiled_without_panel": "Specimens sequenced without a panel count as tested for every gene.",
    "case_list_disagrees": "Specimens with mutations are not in the list of sequenced ones.",
    "proxy_progression": "Hepatic progression was taken from reports that name the liver: a proxy.",
    "several_cancers": "Some patients had several index cancers; the first is studied.",
    "filtered_variants": "Variants that did not pass, or are not somatic, were left out.",
    "timeline_beyond_follow_up": "A timeline goes on after the follow-up its patient's columns "
    "give.",
    "no_predicted_curve": "The model gives no finite hazard for a profile: no curve is predicted.",
    "extrapolated_profile": "A covariate is held at a value that no patient analysed comes near.",
    "scan_inflation": "The p-values of a scan do not lie as they would without effects.",
    "scan_no_null_model": "Features were not tested: the covariates alone have no finite fit.",
    "small_group": "Large-sample tests and intervals rest on a group of fewer than 20 patients.",
}
"""Every caveat code with its general meaning; a code outside this table cannot be constructed."""


@dataclass(frozen=True, slots=True)
class Caveat:
    """One warning that must be read with a result.

    Parameters
    ----------
    code
        A key of `CAVEAT_CODES`.
    message
        A sentence for the reader, complete in itself.
    evidence
        The numbers behind it, by name.
    subject
        The term, gene, variable or endpoint it is about; None for the whole analysis.

    Raises
    ------
    ValueError
        When the code is not registered.

    Examples
    --------
    >>> Caveat("few_carriers", "TP53: 2 carriers.", {"carriers": 2}, "TP53").code
    'few_carriers'
    """

    code: str
    message: str
    evidence: Mapping[str, float | int | str] = field(default_factory=dict)
    subject: str | None = None

    def __post_init__(self) -> None:
        if self.code not in CAVEAT_CODES:
            msg = f"caveat code {self.code!r} is not in CAVEAT_CODES: add it there with its meaning"
            raise ValueError(msg)
