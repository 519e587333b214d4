"""Everything the agent may do, as typed verbs, and the gate in the door."""
