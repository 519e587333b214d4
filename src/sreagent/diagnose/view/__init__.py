"""One moment of a cluster, and what can be read off it."""
