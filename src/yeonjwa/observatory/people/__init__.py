"""Synthetic persons and their kin."""
