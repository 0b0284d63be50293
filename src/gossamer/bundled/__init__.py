"""What comes with the program besides code: examples to run, and the documentation."""
