"""What the log of a container tells: its times, its sorts of lines, its troubles."""
