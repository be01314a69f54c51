"""Use cases. They know the domain and its ports, and nothing of Qt, TinyDB or a keychain's API."""
