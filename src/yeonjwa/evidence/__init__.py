"""What is known, from whom and how surely: the ledger of facts and claims, and the dated parameters."""
