"""embogen.tables."""
