"""The Organization page, the switcher, and what is done with orgs."""
