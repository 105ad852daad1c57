"""A server that answers like the sources that are harvested, with their faults; nothing of it is on the Internet.

What it tells is invented, in the shape that each source documents (`world`); recorded answers of the shared collections
are played where they are present (`recorded`). By hand: `python -m tests.replay`, which says how to harvest from it.
"""
