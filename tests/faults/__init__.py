"""What wrong input may not do: files that are damaged in thousands of ways, and what the command line makes of each."""
