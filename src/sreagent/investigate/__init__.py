"""One alert, from firing to explained: the loop, the reasoners, and what they may ask for."""
