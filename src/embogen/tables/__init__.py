"""Tables: one frozen `Table` per result, built by one file per kind, drawn by small renderers."""
