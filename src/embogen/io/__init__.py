"""embogen.io."""
