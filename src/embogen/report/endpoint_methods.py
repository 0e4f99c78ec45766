"""Sentences of the methods section on the finer choices of a dated endpoint."""

from __future__ import annotations

from typing import Any, Final

_CRITERIA: Final = {
    "recist_1_1": "the diameters of its lesions by RECIST 1.1",
    "mrecist": "the arterial-enhancing diameters of its lesions by mRECIST",
    "liver_volume": "the volume of its metastases",
}
_OUTSIDE: Final = {
    "compete": " Extrahepatic progression before it was a competing event.",
    "censor": " Follow-up was censored at extrahepatic progression.",
}
_THERAPY: Final = {
    "censor": " Follow-up was censored at liver-directed treatment after the first course.",
    "event": " Liver-directed treatment after the first course counted as an event.",
}
_DATES: Final = {
    "midpoint": " A progression was dated midway between the scan that showed it and the last one "
    "without it.",
    "interval": " A progression was dated at the scan that showed it; it may have come at any time "
    "since the last one without it.",
}


def further_choices(spec: dict[str, Any]) -> str:
    """Say what an endpoint's plan chooses beyond origin, events and censoring.

    Examples
    --------
    >>> further_choices({})
    ' Extrahepatic progression alone was not an event.'
    """
    events = spec.get("events", ["hepatic_progression", "death"])
    text = ""
    if "extrahepatic_progression" not in events and events != ["death"]:
        usual = " Extrahepatic progression alone was not an event."
        text += _OUTSIDE.get(str(spec.get("extrahepatic")), usual)
    text += _THERAPY.get(str(spec.get("subsequent_therapy")), "")
    if spec.get("criterion") in _CRITERIA:
        measured = _CRITERIA[str(spec["criterion"])]
        base = "baseline" if spec.get("reference") == "baseline" else "nadir"
        text += f" The liver was judged from {measured}, progression against the {base}."
    text += _DATES.get(str(spec.get("event_date")), "")
    if spec.get("missed_scans") == "censor":
        k = spec.get("missed_scans_after", 2)
        text += f" Events after {k} or more missed scans were censored at the scan before them."
    return text
