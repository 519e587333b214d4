"""Terraform code: its tree, the values that stand in it, and what it says of its state."""
