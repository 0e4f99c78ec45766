"""The variable registry: every column declared once, which both validates and documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

VariableType = Literal["id", "text", "category", "integer", "number", "date", "flag"]


@dataclass(frozen=True, slots=True)
class Variable:
    """One column: what it is called, holds and means.

    Parameters
    ----------
    name
        Column name inside embogen (snake_case, unit in the name unless days or years).
    type
        ``id`` and ``text`` are kept as written; ``category`` must be one of `allowed`;
        ``flag`` is yes/no (1/0, true/false, yes/no, y/n); ``date`` is ISO 8601 unless
        `date_format` says otherwise.
    meaning
        One sentence for the report and the documentation.
    unit
        Unit of a number: ``years``, ``mL``, ``um``.
    allowed
        Values a category may take, in order.
    required
        Whether the column must be there with no empty cell.
    minimum, maximum
        Plausible range of a number, limits included.
    date_format
        strptime format of a date column, or None for ISO 8601.
    complete
        Whether the column, where it is there at all, may have no empty cell.
    aliases
        Other spellings of a category value, as (spelling in lower case, allowed value) pairs.
        Upper and lower case, blanks, hyphens and underscores never distinguish two values.

    Examples
    --------
    >>> Variable("who_grade", "category", "WHO grade.", allowed=("1", "2", "3")).required
    False
    """

    name: str
    type: VariableType
    meaning: str
    unit: str | None = None
    allowed: tuple[str, ...] = ()
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    date_format: str | None = None
    complete: bool = False
    aliases: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table: its key (unique), its columns, and the tables its ids must occur in.

    Parameters
    ----------
    name
        ``patients``, ``procedures``, ``assessments`` or ``specimens``.
    meaning
        One sentence: what a row is.
    key
        Column whose values are unique, checked where the column is there.
    variables
        The columns the registry knows. Other columns are kept as text unless declared.
    """

    name: str
    meaning: str
    key: str | None
    variables: tuple[Variable, ...]

    def variable(self, name: str) -> Variable | None:
        """Return the declaration of a column, or None when the registry does not know it."""
        return next((item for item in self.variables if item.name == name), None)


EMBOLIZATIONS: Final = ("bland embolization", "TACE", "DEB-TACE", "TARE")
"""Modalities that are an embolization of the hepatic artery."""

RESPONSES: Final = (
    "no disease",
    "complete response",
    "partial response",
    "stable disease",
    "progression",
    "not evaluable",
)
"""Status of disease at an assessment; all but the last are evaluable."""

_RESPONSE_ALIASES: Final = (
    ("ned", "no disease"),
    ("no evidence of disease", "no disease"),
    ("none", "no disease"),
    ("cr", "complete response"),
    ("pr", "partial response"),
    ("sd", "stable disease"),
    ("stable", "stable disease"),
    ("pd", "progression"),
    ("progressive disease", "progression"),
    ("progressed", "progression"),
    ("ne", "not evaluable"),
    ("not assessed", "not evaluable"),
)

_GRADE_WORDS: Final = {
    "1": ("i", "low", "1 well differentiated"),
    "2": ("ii", "intermediate", "2 moderately differentiated"),
    "3": ("iii", "high", "3 poorly differentiated"),
}
_GRADE_ALIASES: Final = tuple(
    (spelling, grade)
    for grade, words in _GRADE_WORDS.items()
    for spelling in (
        f"g{grade}",
        f"grade {grade}",
        f"net g{grade}",
        *words,
        *(f"{word} grade" for word in words[1:2]),
    )
)

_PATIENT_ID: Final = Variable("patient_id", "id", "The patient, pseudonymised.", required=True)

PATIENTS: Final = TableSchema(
    "patients",
    "One row per patient.",
    "patient_id",
    (
        _PATIENT_ID,
        Variable(
            "sex",
            "category",
            "Sex.",
            allowed=("male", "female"),
            aliases=(("m", "male"), ("man", "male"), ("f", "female"), ("woman", "female")),
        ),
        Variable(
            "age_years",
            "number",
            "Age at the first embolization.",
            unit="years",
            minimum=0,
            maximum=120,
        ),
        Variable("primary_site", "text", "Organ in which the tumour arose."),
        Variable("histology", "text", "Histological type."),
        Variable(
            "who_grade",
            "category",
            "WHO grade of the neuroendocrine tumour.",
            allowed=("1", "2", "3"),
            aliases=_GRADE_ALIASES,
        ),
        Variable(
            "ki67_percent",
            "number",
            "Ki-67 labelling index.",
            unit="%",
            minimum=0,
            maximum=100,
        ),
        Variable(
            "mitoses_per_2mm2",
            "number",
            "Mitotic count in 2 square millimetres.",
            unit="per 2 mm2",
            minimum=0,
            maximum=1000,
        ),
        Variable(
            "differentiation",
            "category",
            "Differentiation of the tumour.",
            allowed=("well", "poorly", "unknown"),
            aliases=(("well differentiated", "well"), ("poorly differentiated", "poorly")),
        ),
        Variable("functional", "flag", "Whether the tumour secretes hormones with symptoms."),
        Variable(
            "extrahepatic_disease",
            "flag",
            "Metastases outside the liver at the first embolization.",
        ),
        Variable(
            "tumor_volume_ml",
            "number",
            "Volume of all liver metastases before the first embolization.",
            unit="mL",
            minimum=0,
            maximum=20_000,
        ),
        Variable(
            "liver_volume_ml",
            "number",
            "Volume of the liver, metastases included.",
            unit="mL",
            minimum=100,
            maximum=20_000,
        ),
        Variable(
            "hepatic_tumor_burden_percent",
            "number",
            "Tumour volume as a percentage of liver volume.",
            unit="%",
            minimum=0,
            maximum=100,
        ),
        Variable(
            "bilirubin_umol_l",
            "number",
            "Total bilirubin before the first embolization.",
            unit="umol/L",
            minimum=1,
            maximum=1000,
        ),
        Variable(
            "bilirubin_mg_dl",
            "number",
            "Total bilirubin before the first embolization.",
            unit="mg/dL",
            minimum=0.05,
            maximum=60,
        ),
        Variable(
            "albumin_g_l",
            "number",
            "Albumin before the first embolization.",
            unit="g/L",
            minimum=8,
            maximum=70,
        ),
        Variable(
            "albumin_g_dl",
            "number",
            "Albumin before the first embolization.",
            unit="g/dL",
            minimum=0.8,
            maximum=7,
        ),
        Variable("liver_metastases", "integer", "Number of liver metastases.", minimum=0),
        Variable("ecog", "integer", "ECOG performance status.", minimum=0, maximum=5),
        Variable("prior_systemic_therapy", "flag", "Systemic therapy before embolization."),
        Variable("prior_liver_therapy", "flag", "Liver-directed therapy before embolization."),
        Variable("diagnosis_date", "date", "Date of the diagnosis of liver metastases."),
        Variable("death_date", "date", "Date of death from any cause; empty while alive."),
        Variable("last_contact_date", "date", "Date the patient was last known to be alive."),
    ),
)

PROCEDURES: Final = TableSchema(
    "procedures",
    "One row per treatment session of the liver.",
    "procedure_id",
    (
        Variable("procedure_id", "id", "The session.", complete=True),
        _PATIENT_ID,
        Variable("date", "date", "Date of the session.", required=True),
        Variable(
            "modality",
            "category",
            "Kind of treatment; without this column every session is an embolization.",
            allowed=(*EMBOLIZATIONS, "ablation", "resection", "other"),
            complete=True,
            aliases=(
                ("embolization", "bland embolization"),
                ("embolisation", "bland embolization"),
                ("hepatic artery embolization", "bland embolization"),
                ("hae", "bland embolization"),
                ("tae", "bland embolization"),
                ("ctace", "TACE"),
                ("chemoembolization", "TACE"),
                ("debtace", "DEB-TACE"),
                ("radioembolization", "TARE"),
                ("sirt", "TARE"),
                ("y90", "TARE"),
            ),
        ),
        Variable("embolic", "text", "Embolic material."),
        Variable(
            "particle_size_um",
            "number",
            "Nominal (upper) particle diameter.",
            unit="um",
            minimum=0,
            maximum=2000,
        ),
        Variable("territory", "text", "Artery or lobe treated."),
        Variable("session", "integer", "Number of the session in its course.", minimum=1),
        Variable("agent", "text", "Drug or radionuclide given, if any."),
        Variable("end_point", "text", "Angiographic end point."),
        Variable("technical_success", "flag", "Whether the intended territory was treated."),
        Variable("urgent", "flag", "Whether the session was urgent, not elective."),
        Variable("ctcae_term", "text", "Worst adverse event after the session."),
        Variable(
            "ctcae_grade",
            "integer",
            "CTCAE grade of the worst adverse event after the session; 0 when there was none.",
            minimum=0,
            maximum=5,
        ),
    ),
)

ASSESSMENTS: Final = TableSchema(
    "assessments",
    "One row per imaging assessment after (or before) treatment.",
    "assessment_id",
    (
        Variable("assessment_id", "id", "The assessment.", complete=True),
        _PATIENT_ID,
        Variable("date", "date", "Date of the scan.", required=True),
        Variable("imaging", "text", "Modality of the scan: CT, MRI, ..."),
        Variable(
            "hepatic_status",
            "category",
            "Disease of the liver; empty means not evaluable.",
            allowed=RESPONSES,
            aliases=_RESPONSE_ALIASES,
        ),
        Variable(
            "extrahepatic_status",
            "category",
            "Disease outside the liver; empty means not evaluable.",
            allowed=RESPONSES,
            aliases=_RESPONSE_ALIASES,
        ),
    ),
)

SPECIMENS: Final = TableSchema(
    "specimens",
    "One row per specimen sent for sequencing.",
    "specimen_id",
    (
        Variable(
            "specimen_id", "id", "The specimen, as the mutation file names it.", required=True
        ),
        _PATIENT_ID,
        Variable("date", "date", "Date the specimen was taken."),
        Variable("site", "text", "Where it was taken: liver, pancreas, ..."),
        Variable("panel", "text", "Gene panel it was sequenced on (its stable_id)."),
        Variable(
            "status",
            "category",
            "Whether sequencing succeeded; empty means it did.",
            allowed=("sequenced", "failed"),
            aliases=(("success", "sequenced"), ("ok", "sequenced"), ("fail", "failed")),
        ),
        Variable(
            "tumor_purity_percent",
            "number",
            "Estimated tumour cells in the specimen.",
            unit="%",
            minimum=0,
            maximum=100,
        ),
    ),
)

SCHEMAS: Final[Mapping[str, TableSchema]] = MappingProxyType(
    {item.name: item for item in (PATIENTS, PROCEDURES, ASSESSMENTS, SPECIMENS)}
)
"""Every table embogen knows, by name."""
