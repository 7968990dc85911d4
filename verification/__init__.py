"""Full-size comparisons that are too long for the tests; each writes a page beside itself."""
