"""Survival kernels: arrays in, arrays and flags out. No names, tables, printing or file access."""

from pathlib import Path

from embogen.survival.kernel_cache import discard_stale

discard_stale(Path(__file__).parent)
