"""Newton's method where the log likelihood is rounded more coarsely than its steps gain.

The risk sets of hundreds of thousands of patients who come and go are running sums, whose rounding
the log likelihood shows. Noise is added to a small study's here, in proportion to what was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from embogen.survival import newton
from embogen.survival.newton import CONVERGED, maximise
from embogen.survival.risk_sets import build

if TYPE_CHECKING:
    from embogen.survival.risk_sets import RiskSets


@pytest.fixture
def study() -> tuple[RiskSets, np.ndarray]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 2))
    time = np.ceil(rng.exponential(300.0, 400) * np.exp(-0.5 * x[:, 0]))
    sets = build(time, rng.random(400) < 0.7)
    return sets, np.ascontiguousarray(x[sets.order])


@pytest.mark.parametrize("loss", [1e-12, 3e-11])
@pytest.mark.parametrize("score_noise", [0.0, 1e-6])
@pytest.mark.parametrize("seed", range(5))
def test_rounding_neither_stops_nor_prolongs_the_search(
    study: tuple[RiskSets, np.ndarray],
    loss: float,
    score_noise: float,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sets, columns = study
    exact = maximise(sets, columns, np.zeros(2), np.empty(0), 1.0, True)
    rng = np.random.default_rng(seed)
    walks = 0

    def noisy(*given: object) -> tuple[float, np.ndarray, np.ndarray]:
        nonlocal walks
        walks += 1
        loglik, score, information = newton_walk(*given)
        loglik -= abs(loglik) * loss * rng.random()
        return loglik, score + score_noise * rng.normal(size=2), information

    newton_walk = newton.walk
    monkeypatch.setattr(newton, "walk", noisy)
    found = maximise.py_func(sets, columns, np.zeros(2), np.empty(0), 1.0, watch=True)
    assert found.flag == CONVERGED
    assert walks < 15
    errors = np.sqrt(np.diag(exact.covariance))
    np.testing.assert_allclose((found.beta - exact.beta) / errors, 0.0, atol=1e-6)
