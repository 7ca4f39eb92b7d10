"""Thin adapters: a step asks a text function what it finds and reports that as findings."""
