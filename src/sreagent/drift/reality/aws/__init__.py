"""AWS by bulk lists, a module for each service."""
