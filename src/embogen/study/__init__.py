"""embogen.study."""
