"""What is known, from whom and how surely: the ledger of facts and claims, and the dated parameters."""

from yeonjwa.evidence.references import Citation, citations, summary

__all__ = ["Citation", "citations", "summary"]
