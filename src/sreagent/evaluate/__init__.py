"""Judges diagnoses of incidents whose cause is known: right or wrong, and how sure."""
