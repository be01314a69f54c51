"""Work off the GUI thread, and results back on it."""
