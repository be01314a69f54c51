"""The Apps page: its entry, model, view, presenters and dialogs."""
