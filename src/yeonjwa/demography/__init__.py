"""Vital rates of a country, and what a microsimulation draws from them."""
