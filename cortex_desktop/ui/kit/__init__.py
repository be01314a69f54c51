"""Parts that every page is made of: theme, widgets, dialogs, toasts, texts."""
