"""Pages that depend on who asks: accounts, likes, recommendations. None of them is ever kept by a cache."""
