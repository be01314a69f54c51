"""The sandbox: Cortex's API on this computer, for the apps of this computer's orgs.

`table` says what it does and what that rests on, `app` answers requests, `server` listens.
"""
