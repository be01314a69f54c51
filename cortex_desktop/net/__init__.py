"""The HTTP client: sessions, cookies, CSRF tokens, signatures and faults of Cortex's API."""
