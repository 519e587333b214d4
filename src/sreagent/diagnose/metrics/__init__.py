"""What a series tells: what is usual, when it changed, and what that means."""
