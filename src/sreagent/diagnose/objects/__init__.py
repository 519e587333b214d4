"""How the objects of Kubernetes are read."""
