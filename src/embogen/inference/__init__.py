"""Meaning: survival times and a design in, frozen and named results with caveats out."""
