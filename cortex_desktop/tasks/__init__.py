"""Lanes beside the GUI thread, the jobs that run on them, and results back on it. Only `jobs` needs Qt."""
