"""From findings to an account: what explains what, how sure that is, what to read next."""
