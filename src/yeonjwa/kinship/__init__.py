"""Kinship: paths, circles, members, nearest flagged relatives, relations and tables of kin."""
