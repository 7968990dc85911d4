"""Tools without a word of the domain: calendar, randomness, dated parameters, columns, errors."""
