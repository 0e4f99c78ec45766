"""Competing-risks cases of our own, computed by make_competing_cases.R."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reference_competing import CHECKS
from reference_model import Case, Findings

OWN = sorted((Path(__file__).parent / "cases").glob("own_c*.json"))


@pytest.mark.parametrize("path", OWN, ids=[path.stem for path in OWN])
def test_every_block_is_compared(path: Path) -> None:
    own_case = Case.read(path)
    found = Findings(own_case.rel)
    for name, block in own_case.expected.items():
        (check,) = [check for form, check in CHECKS.items() if re.fullmatch(form, name)]
        check(own_case, name, block, found)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.compared > 50
    assert not found.not_yet
    assert not found.unknown
