"""The Activity page: its entry, model, view, presenter, and the reader of the log."""
