"""The Activity page: model, view, controller."""
