"""embogen.figures."""
