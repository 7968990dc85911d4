"""Dated rules as data: who answers for whom, with which sanction, how deep a check goes, what is secret."""
