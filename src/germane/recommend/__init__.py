"""Likes → ranked articles, each with its because."""
