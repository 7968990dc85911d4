"""What every page stands in: accounts, roles, headers, the address of a visitor."""
