"""The version of the graphs that are built here. Kept graphs of another version are built again."""

VERSION = 1
