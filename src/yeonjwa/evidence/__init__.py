"""What is known, from whom and how surely: the ledger of facts and claims, and the dated parameters."""

from yeonjwa.evidence.references import Citation, citations, summary
from yeonjwa.evidence.words import Word, glossary

__all__ = ["Citation", "Word", "citations", "glossary", "summary"]
