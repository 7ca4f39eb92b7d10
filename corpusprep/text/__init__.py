"""Pure functions on text: they know strings, spans and edits, and nothing of documents or files."""
