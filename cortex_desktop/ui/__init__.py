"""Everything with a window. Reaches services only through controllers."""
