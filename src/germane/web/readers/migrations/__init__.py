"""How the readers' tables came to be."""
