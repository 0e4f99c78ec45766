"""Work spread over threads is done once, in order, and also where no thread can be had."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque

import numba
import numpy as np
import pytest

from embogen.survival import threads
from embogen.survival.threads import spread


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 4)


@pytest.mark.parametrize("size", [0, 1, 7, 16, 1000])
@pytest.mark.parametrize("least", [0, 1, 3, 5000])
def test_every_index_is_done_once_and_in_order(size: int, least: int) -> None:
    done = spread(lambda begin, end: list(range(begin, end)), size, least)
    assert [i for part in done for i in part] == list(range(size))
    assert all(len(part) >= min(least, size) for part in done)


def test_a_loop_inside_a_range_starts_no_threads() -> None:
    def inner(begin: int, end: int) -> tuple[int, int]:
        return begin, end

    outer = spread(lambda begin, end: spread(inner, end - begin, 1), 100, 1)
    assert len(outer) > 1
    assert all(len(parts) == 1 for parts in outer)
    assert len(spread(inner, 100, 1)) > 1


@pytest.mark.parametrize("started", [0, 1])
def test_without_threads_the_work_is_done_here(
    started: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Few(threading.Thread):
        asked = 0

        def start(self) -> None:
            type(self).asked += 1
            if self.asked > started:
                message = "can't start new thread"
                raise RuntimeError(message)
            super().start()

    monkeypatch.setattr(threads, "_helpers", threads.Helpers())
    monkeypatch.setattr(threading, "Thread", Few)
    seen = spread(lambda begin, end: (begin, end, threading.current_thread().name), 16, 1)
    assert [part[:2] for part in seen] == [(i, i + 1) for i in range(16)]
    here = [part[2] == threading.current_thread().name for part in seen]
    assert len(set(here)) <= 1 + started
    assert all(here) or started


def test_the_error_raised_is_that_of_the_first_range_that_failed() -> None:
    def fail(begin: int, end: int) -> None:
        if begin >= 25:
            message = f"{begin} to {end}"
            raise ValueError(message)

    for _ in range(20):
        with pytest.raises(ValueError, match="25 to"):
            spread(fail, 100, 1)
    assert len(spread(lambda begin, end: (begin, end), 100, 1)) == 16  # not taken for a range


def test_an_error_in_a_range_is_raised() -> None:
    def fail(begin: int, end: int) -> None:
        message = f"{begin} to {end}"
        raise ValueError(message)

    with pytest.raises(ValueError, match="0 to"):
        spread(fail, 100, 1)


NO_SEMAPHORES = """
import warnings, _multiprocessing
def refuse(*_, **__):
    raise OSError(13, "Permission denied")
_multiprocessing.SemLock = type("SemLock", (), {"__new__": refuse, "SEM_VALUE_MAX": 1})
warnings.simplefilter("error")
import numpy as np, embogen
from embogen.inference.permutation import permutation_test
rng = np.random.default_rng(1)
surv = embogen.Surv(rng.integers(1, 99, 60), np.ones(60))
x = np.repeat([1.0, 0.0], 30)
for statistic in ("studentised_score", "score", "likelihood_ratio"):
    permutation_test(surv, x, statistic=statistic, method="monte_carlo", max_draws=3000, rng=rng)
permutation_test(embogen.Surv(np.arange(1, 36), np.ones(35)), np.repeat([1.0, 0.0], [9, 26]))
"""


def test_nothing_is_said_where_semaphores_cannot_be_made() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", NO_SEMAPHORES], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_draws_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    from embogen.inference import monte_carlo  # noqa: PLC0415 - beside what it tests
    from embogen.survival.deal import deal_of  # noqa: PLC0415 - same
    from embogen.survival.drawn_sets import (  # noqa: PLC0415 - same
        Stretch,
        drawn_sums,
        sums_of_fours,
    )
    from embogen.survival.pcg64 import state_of  # noqa: PLC0415 - same

    def first(uniforms: np.ndarray) -> np.ndarray:
        return uniforms[:, 0] + 2 * uniforms[:, -1]

    seed = monte_carlo.new_seed(np.random.default_rng(5))
    block = monte_carlo.BLOCK
    numbers = [monte_carlo.block_generator(seed, b).random((block, 3)) for b in (1, 2)]
    uniform = np.concatenate([first(item) for item in numbers])
    deal, values = deal_of(np.array([0, 150]), np.array([40])), np.arange(150.0) ** 2
    table = sums_of_fours(deal, values)

    def summed(stretch: Stretch, count: int) -> np.ndarray:
        out = np.empty(count)
        drawn_sums(deal, table, values, stretch, out)
        return out

    whole_blocks = [monte_carlo.block_generator(seed, b) for b in (1, 2)]
    dealt = np.concatenate([summed(Stretch(state_of(g), 0), block) for g in whole_blocks])
    monkeypatch.setattr(monte_carlo, "NEAR", 400)
    for cores in (1, 3):
        monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", cores)
        for begin, end in ((0, 4096), (5, 6), (100, 4000), (4000, 8192), (127, 5000)):
            for draws, whole in (
                (monte_carlo.from_uniforms(first, 3), uniform),
                (monte_carlo.from_sets(summed, deal.width, 1), dealt),
            ):
                got = draws(seed, block + begin, block + end)
                np.testing.assert_array_equal(got, whole[begin:end])


def test_threads_are_kept_and_serve_loops_of_several_threads() -> None:
    names: set[str] = set()

    def note(begin: int, end: int) -> int:
        names.add(threading.current_thread().name)
        return end - begin

    def loops() -> None:
        for _ in range(200):
            assert sum(spread(note, 64, 1)) == 64

    before = threading.active_count()
    callers = [threading.Thread(target=loops, name=f"caller {i}") for i in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert threading.active_count() <= before + 3
    assert len([name for name in names if not name.startswith("caller")]) <= 3


def test_an_interruption_ends_the_loop_and_is_raised() -> None:
    done = []

    def interrupt(begin: int, end: int) -> None:
        if begin >= 25:
            raise KeyboardInterrupt
        done.append((begin, end))

    with pytest.raises(KeyboardInterrupt):
        spread(interrupt, 100, 1)
    assert len(spread(lambda begin, end: (begin, end), 100, 1)) == 16


def test_interrupted_between_two_ranges_nobody_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    here = threading.current_thread()

    class Interrupting(deque[object]):
        def popleft(self) -> object:
            if threading.current_thread() is here:
                raise KeyboardInterrupt
            return super().popleft()

    monkeypatch.setattr(threads, "deque", Interrupting)
    done = []

    def slow(begin: int, end: int) -> None:
        time.sleep(0.02)
        done.append((begin, end))

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            spread(slow, 16, 1)
        there = len(done)
        time.sleep(0.1)
        assert len(done) == there


FORKED = """
import os, numba
numba.config.NUMBA_NUM_THREADS = 4
from embogen.survival.threads import spread
assert sum(spread(lambda a, b: b - a, 100, 1)) == 100
child = os.fork()
if child == 0:
    os._exit(0 if sum(spread(lambda a, b: b - a, 100, 1)) == 100 else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system copies no processes")
def test_a_copied_process_starts_threads_of_its_own() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "0"), ran.stderr
