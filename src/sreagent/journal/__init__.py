"""The append-only record of each incident: write, read, verify."""
