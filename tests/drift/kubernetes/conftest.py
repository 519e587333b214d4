"""A server that answers as a test tells it, and the client that asks it."""

from tests.clients.conftest import clock, kubeconfig, server

__all__ = ["clock", "kubeconfig", "server"]
