"""Finds API keys and API secrets in what a person pastes: the key alone, a curl line, an .env file, JSON, a plist."""

from .finding import MOST_READ, Candidate, Found, find_keys
from .names import Says

__all__ = ["MOST_READ", "Candidate", "Found", "Says", "find_keys"]
