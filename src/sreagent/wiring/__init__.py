"""Builds the real machine: the only place where ports meet clients.

Everything heavy is imported inside the functions, when it is needed.
"""
