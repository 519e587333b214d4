"""Kubernetes objects beside the states that made them."""
