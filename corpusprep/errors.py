"""Errors that a caller can act on. Bad input is no error: it becomes a `Drop` with its reason."""


class CorpusprepError(Exception):
    """The base of every error that this package raises on purpose; the message says what to do."""


class UndecodableError(CorpusprepError):
    """Bytes that are text in none of the encodings tried, or no text at all."""
