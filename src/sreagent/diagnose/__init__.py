"""From what was seen to what is wrong: pure functions, no I/O."""
