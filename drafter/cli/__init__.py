"""The commands: one file each. Nobody else prints or exits."""
