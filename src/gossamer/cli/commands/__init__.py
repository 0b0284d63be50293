"""One module a command, imported when it is run; pictures beside the command that draws them."""
