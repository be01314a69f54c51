"""What ties the program to the machine: paths, logging, crashes, one instance, the screen lock."""
