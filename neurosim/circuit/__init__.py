"""The circuit as a graph: its elements, families, validation, files and exchange formats."""
