"""The window around the pages: sidebar, palette, preferences, about. Knows pages by their entries."""
