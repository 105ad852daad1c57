"""Articles, items and mentions as rows: `models` are columns, `store` writes, `queries` reads."""
