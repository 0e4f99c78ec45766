"""Figures: pure geometry per kind, one drawing function, one style, the numbers as CSV."""
