"""The command line, ``semseg``: verbs over the sessions, checks and results that Python has.

- ``program.py``: the program: arguments in, exit code out; errors as one sentence
- ``verbs.py``: the table of verbs: the module of each, imported when it is asked for
- ``verb.py``: what makes a function a verb; the options that each verb has
- ``output.py``: answers on stdout, as columns or as JSON; words on stderr
- one module for each verb, or for a few that belong together
"""
