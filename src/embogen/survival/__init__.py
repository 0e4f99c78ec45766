"""Survival kernels: arrays in, arrays and flags out. No names, tables, printing or file access."""

from embogen.survival.kernel_cache import install

install()
