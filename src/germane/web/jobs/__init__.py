"""Long work: imports and the stages that bring derived data up to date."""
