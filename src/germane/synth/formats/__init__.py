"""Articles in the forms that sources give them: a module each, whose `render` returns one record's bytes.

Each has HEADER and FOOTER (what stands before a file's first record and after its last one) and ENDING of its names.
"""
