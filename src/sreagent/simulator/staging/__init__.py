"""Plays the folder of an incident: its steps, one after the other, up to the present."""
