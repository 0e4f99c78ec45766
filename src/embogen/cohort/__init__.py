"""Who: the patients, their tables, the variable registry, the flow."""
