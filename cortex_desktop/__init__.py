"""Cortex Desktop: a desktop org console for Medable Cortex."""

__version__ = "0.1.0"
