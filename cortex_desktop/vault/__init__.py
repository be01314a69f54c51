"""The operating system's keychain behind `domain.ports.Vault`.

Nothing is loaded here: keyring, SecretStorage and what they need come with the first call, on a worker
thread.
"""
