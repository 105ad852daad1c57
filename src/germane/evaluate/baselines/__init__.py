"""What our methods are measured against, written here from the papers and run in the same process."""
