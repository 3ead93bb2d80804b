"""Where people meet it: the command `winnow`."""
