"""Many features: one null model, blocks of sparse columns, the same kernels and result rows."""
