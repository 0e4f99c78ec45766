"""`StudyPlan`: the pre-specified analysis plan, one model per table of the study file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from embogen.study.covariate_plan import CovariateSection
from embogen.study.plan_genes import (
    CopyNumberSpec,
    FileSpec,
    GeneGroupSection,
    GeneSection,
    MutationSpec,
    PanelSpec,
    StructuralVariantSpec,
)
from embogen.study.plan_section import Section
from embogen.study.scan_plan import AlterationsSpec, ScanSection


class StudySection(Section):
    """`[study]`: what the study is called, and the seed of everything random in it."""

    id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    title: str = Field(min_length=1)
    seed: int = Field(default=0, ge=0)
    synthetic: str | None = None
    """A notice printed on every output, for cohorts that are not of real patients."""


class TableSpec(Section):
    """One clinical table: where it is and how its columns are called there."""

    file: str = Field(min_length=1)
    key: str | None = None
    sheet: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    """embogen's name of a column = its header in the file."""
    where: dict[str, list[str]] = Field(default_factory=dict)
    """Keep only rows whose column holds one of these values."""
    missing: list[str] = Field(default_factory=list)
    """Words that mean an empty cell in this file, beyond the usual ones."""
    trust_date_cells: bool = False
    """In a workbook: date cells are right although text stands among them."""
    instrument: str | None = None
    """In a REDCap export: the repeating instrument whose rows these are."""


class CbioportalSpec(Section):
    """`data.cbioportal`: a cBioPortal study folder that supplies every table it holds."""

    folder: str = Field(min_length=1)


class GenieBpcSpec(Section):
    """`data.genie_bpc`: a GENIE BPC release that supplies patients, specimens and events."""

    folder: str = Field(min_length=1)


class DataSection(Section):
    """`[data]`: the files of the study, relative to the study file."""

    patients: TableSpec | None = None
    """Required unless a study folder supplies the patients."""
    cbioportal: CbioportalSpec | None = None
    genie_bpc: GenieBpcSpec | None = None
    outside: bool = False
    """Whether files may lie outside the folder of the study file."""
    procedures: TableSpec | None = None
    assessments: TableSpec | None = None
    specimens: TableSpec | None = None
    lesions: TableSpec | None = None
    mutations: MutationSpec | None = None
    copy_number: CopyNumberSpec | None = None
    structural_variants: StructuralVariantSpec | None = None
    panel_matrix: FileSpec | None = None
    case_lists: FileSpec | None = None
    panels: PanelSpec | None = None
    alterations: AlterationsSpec | None = None


class VariableSection(Section):
    """`[variable.NAME]`: declares a column the registry does not know."""

    table: Literal["patients", "procedures", "assessments", "specimens", "lesions"] = "patients"
    type: Literal["text", "category", "integer", "number", "date", "flag"]
    meaning: str
    unit: str | None = None
    allowed: list[str] = Field(default_factory=list)
    minimum: float | None = None
    maximum: float | None = None
    date_format: str | None = None


class SpecimenSection(Section):
    """`[specimens]`: which specimens may stand for the disease that was treated."""

    within_months: float | None = Field(default=None, gt=0)
    outside: Literal["exclude", "not_tested"] = "exclude"
    """A patient without a specimen in the window is excluded, or kept as not tested."""
    rule: Literal["any", "closest_to_origin", "latest_before_origin", "liver_first"] = "any"
    """Which of several specimens speaks for the patient."""
    liver_sites: list[str] = Field(default=["liver"], min_length=1)
    """Values of `site` that are the liver, in any case."""


class DatedEndpoint(Section):
    """An endpoint derived from dated procedures and assessments."""

    label: str | None = None
    origin: Literal["first_embolization", "first_procedure", "end_of_first_course", "biopsy"] = (
        "first_embolization"
    )
    events: list[Literal["hepatic_progression", "extrahepatic_progression", "death"]] = Field(
        default=["hepatic_progression", "death"], min_length=1
    )
    censor: Literal["last_liver_assessment", "last_contact"] = "last_liver_assessment"
    entry: Literal["origin", "specimen_date"] = "origin"
    death: Literal["event", "competing", "censor"] | None = None
    """What a death is; told from `events` when not given."""
    extrahepatic: Literal["event", "compete", "censor", "ignore"] | None = None
    """What extrahepatic progression is; told from `events` when not given."""
    subsequent_therapy: Literal["ignore", "censor", "event"] = "ignore"
    course: Literal["within_days", "planned_staged", "course"] = "within_days"
    """Which sessions are the first course of treatment."""
    course_days: float = Field(default=60, gt=0)
    criterion: Literal["investigator", "recist_1_1", "mrecist", "liver_volume"] = "investigator"
    response_percent: float | None = Field(default=None, gt=0, le=100)
    progression_percent: float | None = Field(default=None, gt=0)
    progression_mm: float | None = Field(default=None, ge=0)
    progression_ml: float | None = Field(default=None, ge=0)
    reference: Literal["nadir", "baseline"] = "nadir"
    baseline_window_days: float | None = Field(default=None, ge=0)
    max_targets: int = Field(default=2, ge=1)
    min_target_mm: float = Field(default=10, ge=0)
    event_date: Literal["scan", "midpoint", "interval"] = "scan"
    missed_scans: Literal["carry", "censor"] = "carry"
    missed_scans_after: int = Field(default=2, ge=1)
    schedule_days: float | None = Field(default=None, gt=0)
    """Days between planned scans."""
    confirmation_days: float | None = Field(default=None, gt=0)
    display_unit: Literal["days", "months", "years"] = "months"


class ColumnEndpoint(Section):
    """An endpoint that stands ready in columns of the patients table."""

    label: str | None = None
    time: str
    time_unit: Literal["days", "weeks", "months", "years"] = "days"
    event: str
    event_codes: dict[str, Literal["event", "censored"]] = Field(default_factory=dict)
    entry: str | None = None
    zero_time: Literal["exclude", "keep"] = "exclude"
    specimen: str | None = None
    """Column with the time of the specimen, for an entry audit; it excludes nobody."""
    display_unit: Literal["days", "months", "years"] = "months"


RowDescription = dict[str, str | list[str]]


class TimelineEndpoint(Section):
    """An endpoint derived from a timeline of events in days."""

    label: str | None = None
    timeline: list[RowDescription] = Field(min_length=1)
    """Rows that are the event: column = value, or several values."""
    origin_row: RowDescription | None = None
    """The first such row is the origin; day 0 when not given."""
    entry_row: RowDescription | None = None
    """The first such row is where a patient comes under observation."""
    death_row: RowDescription | None = None
    follow_up: str | None = None
    """Name of a pair of columns NAME_STATUS and NAME_MONTHS of the patients."""
    death: Literal["event", "competing", "censor"] = "event"
    display_unit: Literal["days", "months", "years"] = "months"


def _endpoint_kind(raw: Any) -> str:  # noqa: ANN401 - whatever the TOML holds
    if isinstance(raw, dict) and "timeline" in raw:
        return "from_timeline"
    if isinstance(raw, dict):
        return "columns" if "time" in raw or "event" in raw else "dated"
    if isinstance(raw, TimelineEndpoint):
        return "from_timeline"
    return "columns" if isinstance(raw, ColumnEndpoint) else "dated"


EndpointSpec = Annotated[
    Annotated[DatedEndpoint, Tag("dated")]
    | Annotated[ColumnEndpoint, Tag("columns")]
    | Annotated[TimelineEndpoint, Tag("from_timeline")],
    Discriminator(_endpoint_kind),
]


class AnalysisSection(Section):
    """`[[analysis]]`: one analysis; which keys it takes depends on its kind."""

    id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    kind: str
    """A name in `embogen.study.analyses.KINDS`."""
    title: str | None = None
    endpoint: str | None = None
    terms: list[str] = Field(default_factory=list)
    variables: list[str] = Field(default_factory=list)
    by: str | None = None
    strata: list[str] = Field(default_factory=list)
    cluster: str | None = None
    """The covariate whose values mark patients that may be alike, such as the treating centre."""
    response: str | None = None
    """The covariate that holds each patient's response."""
    responders: list[str] = Field(default_factory=list)
    """Levels of `response` that count as one; "yes" of a flag when not given."""
    between: dict[str, Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(
        default_factory=dict, max_length=1
    )
    """Column of the specimens = the two values whose specimens are compared."""
    confounders: list[str] = Field(default_factory=list)
    """Covariates a logistic model with Firth's penalty holds beside each term."""
    landmark_months: float = Field(default=6.0, gt=0)
    horizon_months: float | None = Field(default=None, gt=0)
    at: dict[str, str | float] = Field(default_factory=dict)
    """Term of a model = the level or number it is held at in predicted curves."""
    times_months: list[Annotated[float, Field(gt=0)]] = Field(default=[6.0, 12.0, 24.0])
    """When predicted survival is tabulated."""
    quantiles: list[Annotated[float, Field(gt=0, lt=1)]] = Field(default=[0.5], min_length=1)
    """Fractions with the event whose times a table of curves gives; 0.5 is the median."""
    within: dict[str, str] = Field(default_factory=dict)
    """Covariate (or gene) = level: only these patients are analysed."""
    ties: Literal["efron", "breslow", "exact"] = "efron"
    p_value: Literal["auto", "wald", "likelihood_ratio", "score", "permutation"] = "auto"
    """Which p-value comes first; `auto`: permutation for a gene with few carriers."""
    penalty: Literal["firth"] | None = None
    multiplicity: Literal["none", "holm", "bh", "bonferroni", "max_t"] = "none"
    family: Literal["candidates", "panel"] = "candidates"
    """Adjust for the genes of the analysis alone, or for those of the panel besides."""
    permutations: int = Field(default=200_000, ge=1_000)
    """Carrier sets drawn at most where they are too many to count."""
    permutation_statistic: Literal["studentised_score", "studentised_doubled_tail"] = (
        "studentised_score"
    )
    """Two-sided by the absolute value of the statistic, or by twice its smaller tail."""
    replicates: int = Field(default=200, ge=10, le=100_000)  # resamples of a validation
    mid_p: bool = False
    """Count carrier sets that tie with the observed one half."""
    interval: Literal["log", "log-log", "plain"] = "log"
    level: float = Field(default=0.95, gt=0.5, lt=1)
    transform: Literal["km", "identity", "rank", "log"] = "km"
    """Function of time along which a hazard ratio may change."""
    rho: float = Field(default=0.0, ge=0, le=10)
    """The log-rank test counts each time by S(t-)^rho."""
    trend: bool = False
    """Test for a trend over the groups of `by` in their order, too."""
    cumulative_hazard: bool = False
    """Give the Nelson-Aalen cumulative hazard of each curve, too."""
    top: int = Field(default=20, ge=1)
    exploratory: bool = False


class PublishedSection(Section):
    """`[published]`: printed figures to be set beside the recomputed ones."""

    file: str
    baseline: str
    genes: str
    univariable: str
    multivariable: str


class ReportSection(Section):
    """`[report]`: what is written besides."""

    suppress_below: int | None = Field(default=None, ge=2)
    """Write tables for others, with counts below this one hidden."""


class StudyPlan(Section):
    """A whole study file, checked.

    Examples
    --------
    >>> plan = StudyPlan.model_validate({
    ...     "schema": 1,
    ...     "study": {"id": "s", "title": "t"},
    ...     "data": {"patients": {"file": "p.csv"}},
    ... })
    >>> plan.study.id
    's'
    """

    schema_version: Literal[1] = Field(alias="schema")
    study: StudySection
    data: DataSection
    variable: dict[str, VariableSection] = Field(default_factory=dict)
    specimens: SpecimenSection = SpecimenSection()
    endpoint: dict[str, EndpointSpec] = Field(default_factory=dict)
    genes: GeneSection = GeneSection()
    gene_group: dict[str, GeneGroupSection] = Field(default_factory=dict)
    covariate: dict[str, CovariateSection] = Field(default_factory=dict)
    analysis: list[AnalysisSection] = Field(default_factory=list)
    scan: list[ScanSection] = Field(default_factory=list)
    report: ReportSection = ReportSection()
    published: PublishedSection | None = None
