"""Calibration: targets, emulators, history matching, what is held out and scored once."""
