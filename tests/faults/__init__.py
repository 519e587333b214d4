"""Known faults as small scenes: what a cluster shows of each, and what must be found."""
