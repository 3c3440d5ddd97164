"""The version of the graphs that are built here: those of another one are built anew."""

VERSION = 1
