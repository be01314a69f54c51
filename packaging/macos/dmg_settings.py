"""The look of the disk image, for dmgbuild: the app, an arrow to Applications, our background."""

# ruff: noqa: F821  # dmgbuild provides `defines`

import os.path

application = defines["app"]
appname = os.path.basename(application)

format = "ULMO"  # LZMA: macOS 10.15 and later
filesystem = "HFS+"
files = [application]
symlinks = {"Applications": "/Applications"}
icon = defines["icon"]
background = defines["background"]
window_rect = ((200, 200), (640, 400))
icon_size = 112
text_size = 13
icon_locations = {appname: (170, 190), "Applications": (470, 190)}
default_view = "icon-view"
show_status_bar = show_tab_view = show_toolbar = show_pathbar = show_sidebar = False
