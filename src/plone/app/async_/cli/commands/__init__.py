"""The commands, a module each: its docstring is the help, ``configure`` adds options, ``run`` gives the exit code."""
