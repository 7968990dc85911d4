"""Genealogies in and out: GEDCOM 7 and 5.5.1, tskit, networkx, and parts of a pedigree."""
