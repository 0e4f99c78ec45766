"""embogen.survival."""
