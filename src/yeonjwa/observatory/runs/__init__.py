"""Scenarios that are kept, runs, and the jobs that compute them."""
