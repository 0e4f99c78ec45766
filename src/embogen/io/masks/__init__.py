"""Segmentation masks to volumes: one file per format."""
