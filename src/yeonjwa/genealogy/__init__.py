"""The microsimulation of births, unions and deaths, and the pedigree it leaves."""
