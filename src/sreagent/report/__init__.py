"""What an incident amounts to: the postmortem and the JSON object, both folds of its journal."""
