"""Phrases that sentences of every kind of analysis share."""

from __future__ import annotations

from embogen.numerals import format_p


def p_phrase(p_value: float | None) -> str:
    """Write a p-value within a sentence.

    Examples
    --------
    The spaces within it do not break.

    >>> p_phrase(0.00038).replace(chr(160), " "), p_phrase(1e-9).replace(chr(160), " ")
    ('p = 0.00038', 'p < 0.00001')
    """
    return stated("p", format_p(p_value))


def stated(name: str, text: str) -> str:
    """Write a printed number within a sentence, with a sign that fits it.

    Examples
    --------
    >>> stated("q", "<0.00001").replace(chr(160), " ")
    'q < 0.00001'
    """
    sign, digits = (text[0], text[1:]) if text[0] in "<>" else ("=", text)
    return f"{name}\u00a0{sign}\u00a0{digits}"
