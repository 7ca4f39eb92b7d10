"""Copies in corpora of our own making and in web pages: what is found, what wrongly, how fast."""
