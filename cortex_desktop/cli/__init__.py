"""Commands: what can be done without a window."""
