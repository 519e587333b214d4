"""The control loops: each brings one kind of object from what is to what is asked for."""
