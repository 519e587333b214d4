"""How bad a finding is, by the direction in which it leads."""
