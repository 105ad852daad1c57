"""From an item or a record to articles: pure functions, which abstain when unsure."""
