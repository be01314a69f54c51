"""Everything with a window. Pages know the workspace, kit and services, and not each other."""
