"""The main text of real pages: how much of it is found, how much else, how fast."""
