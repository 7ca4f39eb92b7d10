"""Where documents come from and where they go: readers, Parquet tables, the card, the hub."""
