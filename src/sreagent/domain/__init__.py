"""The nouns of an incident: frozen data, ports and errors, with no I/O."""
