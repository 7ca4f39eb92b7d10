"""Recipes that ship with the package, by file name."""
