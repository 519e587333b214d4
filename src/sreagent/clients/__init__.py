"""Speaks to the outside: one file per source, whose errors become ours here, once."""
