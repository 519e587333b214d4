"""The embedded reasoner: fixed rules, no model, the same answer each time."""
