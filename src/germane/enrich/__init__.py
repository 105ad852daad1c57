"""What is added to an article: keyphrases, embedding, full-text location."""
