"""The variable registry: every column declared once, which both validates and documents."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from embogen.cohort.patient_columns import PATIENT_ID as _PATIENT_ID
from embogen.cohort.patient_columns import PATIENTS
from embogen.cohort.variable import TableSchema, Variable, VariableType

__all__ = [
    "ASSESSMENTS",
    "EMBOLIZATIONS",
    "LESIONS",
    "PATIENTS",
    "PROCEDURES",
    "RESPONSES",
    "SCHEMAS",
    "SPECIMENS",
    "TableSchema",
    "Variable",
    "VariableType",
]

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
        Variable(
            "planned_staged",
            "flag",
            "Whether the session was planned as a further stage of the course of the one before.",
        ),
        Variable("course", "text", "Number or name of the treatment course of the session."),
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
        Variable(
            "hepatic_tumor_volume_ml",
            "number",
            "Volume of all liver metastases on this scan; empty means not measured.",
            unit="mL",
            minimum=0,
            maximum=20_000,
        ),
        Variable("reader", "text", "Who read the scan; a scan may have a row for each reader."),
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

LESIONS: Final = TableSchema(
    "lesions",
    "One row per lesion and scan.",
    "measurement_id",
    (
        Variable("measurement_id", "id", "The measurement.", complete=True),
        _PATIENT_ID,
        Variable("date", "date", "Date of the scan.", required=True),
        Variable("lesion", "id", "The lesion: the same name on every scan.", required=True),
        Variable("organ", "text", "Organ of the lesion; empty means the liver."),
        Variable(
            "kind",
            "category",
            "What the lesion is followed as; the baseline scan decides.",
            allowed=("target", "non-target", "new"),
            required=True,
            aliases=(("t", "target"), ("nt", "non-target"), ("nontarget", "non-target")),
        ),
        Variable(
            "diameter_mm",
            "number",
            "Diameter; 0 when the lesion is gone, empty when it was not measured.",
            unit="mm",
            minimum=0,
            maximum=500,
        ),
        Variable(
            "axis",
            "category",
            "Which diameter it is; empty means the longest.",
            allowed=("longest", "short"),
            aliases=(("long", "longest"), ("shortest", "short")),
        ),
        Variable(
            "enhancing_mm",
            "number",
            "Longest diameter that enhances in the arterial phase, for mRECIST.",
            unit="mm",
            minimum=0,
            maximum=500,
        ),
        Variable(
            "status",
            "category",
            "Of a lesion followed without diameter, and of a new one.",
            allowed=(
                "present",
                "absent",
                "unequivocal progression",
                "equivocal",
                "not evaluable",
            ),
            aliases=(("progression", "unequivocal progression"), ("ne", "not evaluable")),
        ),
    ),
)

SCHEMAS: Final[Mapping[str, TableSchema]] = MappingProxyType(
    {item.name: item for item in (PATIENTS, PROCEDURES, ASSESSMENTS, SPECIMENS, LESIONS)}
)
"""Every table embogen knows, by name."""
