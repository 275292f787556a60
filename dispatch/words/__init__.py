"""What customers are told, in six languages: data in TOML files and how they are read. Knows no case and no ledger. Pure."""

from dispatch.words.phrases import LANGUAGES, PhraseError, about, knows, phrases, say, spoken

__all__ = ["LANGUAGES", "PhraseError", "about", "knows", "phrases", "say", "spoken"]
