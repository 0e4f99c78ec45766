"""`StudyPlan`: the pre-specified analysis plan, one model per table of the study file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from embogen.genomics.calls import AlterationClass

Derivation = Literal[
    "who_grade",
    "who_class",
    "tumor_burden",
    "albi_score",
    "albi_grade",
    "sessions",
    "course_days",
    "worst_ctcae",
    "first_session",
]
"""What a covariate may be derived as."""


class _Section(BaseModel):
    """A table of the study file: unknown keys are errors, values do not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class StudySection(_Section):
    """`[study]`: what the study is called, and the seed of everything random in it."""

    id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    title: str = Field(min_length=1)
    seed: int = Field(default=0, ge=0)
    synthetic: str | None = None
    """A notice printed on every output, for cohorts that are not of real patients."""


class TableSpec(_Section):
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


class MutationSpec(_Section):
    """`data.mutations`: a MAF, a genes x samples matrix, or a long sample-gene-value table."""

    file: str = Field(min_length=1)
    format: Literal["maf", "gene_matrix", "gene_long"] = "maf"
    columns: dict[str, str] = Field(default_factory=dict)
    altered: dict[str, AlterationClass] = Field(default_factory=dict)
    """For matrices and long tables: value in the file = the alteration class it means."""
    wild_type: list[str] = Field(default_factory=list)
    """For matrices and long tables: values that mean tested and not altered."""


class PanelSpec(_Section):
    """`data.panels`: a gene-panel file or a folder of them."""

    file: str = Field(min_length=1)


class DataSection(_Section):
    """`[data]`: the files of the study, relative to the study file."""

    patients: TableSpec
    procedures: TableSpec | None = None
    assessments: TableSpec | None = None
    specimens: TableSpec | None = None
    mutations: MutationSpec | None = None
    panels: PanelSpec | None = None


class VariableSection(_Section):
    """`[variable.NAME]`: declares a column the registry does not know."""

    table: Literal["patients", "procedures", "assessments", "specimens"] = "patients"
    type: Literal["text", "category", "integer", "number", "date", "flag"]
    meaning: str
    unit: str | None = None
    allowed: list[str] = Field(default_factory=list)
    minimum: float | None = None
    maximum: float | None = None
    date_format: str | None = None


class SpecimenSection(_Section):
    """`[specimens]`: which specimens may stand for the disease that was treated."""

    within_months: float | None = Field(default=None, gt=0)
    outside: Literal["exclude", "not_tested"] = "exclude"
    """A patient without a specimen in the window is excluded, or kept as not tested."""


class DatedEndpoint(_Section):
    """An endpoint derived from dated procedures and assessments."""

    label: str | None = None
    origin: Literal["first_embolization"] = "first_embolization"
    events: list[Literal["hepatic_progression", "extrahepatic_progression", "death"]] = Field(
        default=["hepatic_progression", "death"], min_length=1
    )
    censor: Literal["last_liver_assessment", "last_contact"] = "last_liver_assessment"
    entry: Literal["origin", "specimen_date"] = "origin"
    death: Literal["event", "competing", "censor"] | None = None
    """What a death is; told from `events` when not given."""
    display_unit: Literal["days", "months", "years"] = "months"


class ColumnEndpoint(_Section):
    """An endpoint that stands ready in columns of the patients table."""

    label: str | None = None
    time: str
    time_unit: Literal["days", "weeks", "months", "years"] = "days"
    event: str
    event_codes: dict[str, Literal["event", "censored"]] = Field(default_factory=dict)
    entry: str | None = None
    zero_time: Literal["exclude", "keep"] = "exclude"
    display_unit: Literal["days", "months", "years"] = "months"


def _endpoint_kind(raw: Any) -> str:  # noqa: ANN401 - whatever the TOML holds
    if isinstance(raw, dict):
        return "columns" if "time" in raw or "event" in raw else "dated"
    return "columns" if isinstance(raw, ColumnEndpoint) else "dated"


EndpointSpec = Annotated[
    Annotated[DatedEndpoint, Tag("dated")] | Annotated[ColumnEndpoint, Tag("columns")],
    Discriminator(_endpoint_kind),
]


class CandidateSpec(_Section):
    """`genes.candidates`: which genes are related to outcome; chosen blind to the outcome."""

    most_frequent: int | None = Field(default=None, ge=1)
    min_altered: int | None = Field(default=None, ge=1)
    genes: list[str] | None = Field(default=None, min_length=1)


class GeneSection(_Section):
    """`[genes]`: what counts as altered, what counts as tested, and the candidate genes."""

    count_as: list[AlterationClass] = Field(
        default=["missense", "truncating", "splice", "inframe", "homozygous_deletion"],
        min_length=1,
    )
    candidates: CandidateSpec = CandidateSpec(most_frequent=10)
    coverage: Literal["panel", "all_genes"] = "panel"
    """`all_genes` declares that every specimen was tested for every gene (an exome)."""
    without_calls: Literal["not_tested", "wild_type"] = "not_tested"
    """Where the study has no specimens table: a patient absent from the mutation file."""


class CovariateSection(_Section):
    """`[covariate.NAME]`: a column of a table as a term of a model or a row of a table."""

    column: str = ""
    table: Literal["patients", "procedures"] = "patients"
    """From `procedures` the value of the first procedure is taken."""
    derive: Derivation | None = None
    """In place of `column`: a value computed from other columns."""
    edition: Literal["2010", "2017", "2019", "2022"] = "2019"
    """Of the WHO classification a grade is derived by."""
    cutpoints: list[float] = Field(default_factory=list)
    """A derived tumour burden is put into classes at these percentages."""
    course_gap_days: float = Field(default=60.0, gt=0)
    """Longest pause between two sessions of one course."""
    label: str | None = None
    coding: Literal["number", "trend", "levels", "flag"] | None = None
    levels: list[str] = Field(default_factory=list)
    reference: str | None = None
    group: dict[str, str] = Field(default_factory=dict)
    """Value in the data = level it is counted with."""
    per: float = Field(default=1.0, gt=0)
    """A number's hazard ratio is per this many units."""


class AnalysisSection(_Section):
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
    response: str | None = None
    """The covariate that holds each patient's response."""
    responders: list[str] = Field(default_factory=list)
    """Levels of `response` that count as one; "yes" of a flag when not given."""
    confounders: list[str] = Field(default_factory=list)
    """Covariates a logistic model with Firth's penalty holds beside each term."""
    landmark_months: float = Field(default=6.0, gt=0)
    horizon_months: float | None = Field(default=None, gt=0)
    within: dict[str, str] = Field(default_factory=dict)
    """Covariate (or gene) = level: only these patients are analysed."""
    ties: Literal["efron", "breslow"] = "efron"
    p_value: Literal["auto", "wald", "likelihood_ratio", "score", "permutation"] = "auto"
    """Which p-value comes first; `auto`: permutation for a gene with few carriers."""
    penalty: Literal["firth"] | None = None
    multiplicity: Literal["none", "holm", "bh", "bonferroni", "max_t"] = "none"
    permutations: int = Field(default=200_000, ge=1_000)
    """Carrier sets drawn at most where they are too many to count."""
    interval: Literal["log", "log-log", "plain"] = "log"
    level: float = Field(default=0.95, gt=0.5, lt=1)
    top: int = Field(default=20, ge=1)
    exploratory: bool = False


class PublishedSection(_Section):
    """`[published]`: printed figures to be set beside the recomputed ones."""

    file: str
    baseline: str
    genes: str
    univariable: str
    multivariable: str


class StudyPlan(_Section):
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
    covariate: dict[str, CovariateSection] = Field(default_factory=dict)
    analysis: list[AnalysisSection] = Field(default_factory=list)
    published: PublishedSection | None = None
