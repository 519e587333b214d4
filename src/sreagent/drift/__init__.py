"""Should be against is: read state, read reality, compare, attribute, mend."""
