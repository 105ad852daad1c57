"""What is near an article, and on which shelf an item belongs."""
