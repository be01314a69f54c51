"""The operating system's keychain behind `domain.ports.Vault`, through keyring.

Nothing is loaded here: keyring and what it needs come with the first call, on a worker thread.
"""
