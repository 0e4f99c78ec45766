"""embogen.evidence."""
