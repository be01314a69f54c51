"""Orgs, apps, secrets and activity: what they are, their rules, errors and ports. Standard library only."""
