"""The command line: commands, their options, the run of an export."""
