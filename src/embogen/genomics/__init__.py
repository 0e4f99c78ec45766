"""What: mutation calls and gene panels become genotypes; not on the panel is never wild type."""
