"""Blank forms to enter a cohort in, and REDCap exports of such forms."""
