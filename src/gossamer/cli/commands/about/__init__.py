"""Commands about the program itself: its examples and its documentation."""
