"""Two readings of one resource to their differences; what means the same is the same."""
