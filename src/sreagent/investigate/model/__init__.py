"""Asks a language model what to look at and what it means; code checks whatever it says."""
