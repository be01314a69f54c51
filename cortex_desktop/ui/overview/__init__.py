"""The Overview page: its entry, presenter, view, and the charts that it is made of."""
