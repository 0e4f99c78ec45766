"""Survival kernels: arrays in, arrays and flags out. No names, tables, printing or file access."""
