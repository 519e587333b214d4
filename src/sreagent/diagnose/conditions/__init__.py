"""The ways in which something can be broken, one small function each."""
