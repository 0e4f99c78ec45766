"""The patients table: what is known of a patient once."""

from __future__ import annotations

from typing import Final

from embogen.cohort.variable import TableSchema, Variable

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

PATIENT_ID: Final = Variable("patient_id", "id", "The patient, pseudonymised.", required=True)

PATIENTS: Final = TableSchema(
    "patients",
    "One row per patient.",
    "patient_id",
    (
        PATIENT_ID,
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
