"""Decides allow, ask or deny; never acts. Redaction lives here too."""
