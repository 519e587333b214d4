"""Runs the reads that `kubectl` lines ask for: typed requests to the API server, no kubectl.

`get`, `describe`, `logs` and the others live in a module each; all are functions from what is
asked (`Asking`) to what is told (`Told`). Values of Secrets are never asked for, and objects lose
what must not be shown by its place before any text is made of them.
"""

from sreagent.tools.reads.kubectl import KubectlReads

__all__ = ["KubectlReads"]
