"""embogen.report."""
