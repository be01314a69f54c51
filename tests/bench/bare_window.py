"""The bare window that the program is compared with: an empty QMainWindow of the same size."""

import sys

from PySide6.QtWidgets import QApplication, QMainWindow

app = QApplication(sys.argv)
window = QMainWindow()
window.setWindowTitle("Bare window")
window.resize(1200, 760)
window.show()
sys.exit(app.exec())
