"""What changed, when, by whom, and how near it is to the trouble."""
