"""What an org, an app and a key are. Standard library only; see architecture rules in pyproject.toml."""
