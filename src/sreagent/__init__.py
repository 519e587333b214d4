"""An assistant for on-call engineers: from a firing alert to its cause, fix and postmortem."""

__version__ = "0.1.0"
