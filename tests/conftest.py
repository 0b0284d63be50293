"""Its folder is on the path of every test, which is how they find `waiting`."""
