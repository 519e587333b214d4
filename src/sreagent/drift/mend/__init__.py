"""The patch: who is right, and which bytes of the code must change."""
