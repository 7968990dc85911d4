"""Overview, comparison, map, money and exports."""
