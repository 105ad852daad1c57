"""Vectors, words and columns of every document, in files beside the text index: for nearest ones, and for rescoring.

`manifest` says which segments there are and ties them to the text index's commits, `segments` is one file, `store`
writes, `snapshot` reads, `scan` finds the nearest.
"""
