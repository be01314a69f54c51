"""The window around the pages: sidebar, actions, palette, preferences, about."""
