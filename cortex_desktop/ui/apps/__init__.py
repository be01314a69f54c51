"""The Apps page: model, delegate, view, details, dialogs and the controller between them and the services."""
