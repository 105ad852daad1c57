"""Name a record for which its source has no name of its own."""

from hashlib import blake2b

from germane.article import Article
from germane.identifiers import key_of
from germane.text import fold, plain_text


def record_key(article: Article) -> str:
    """Return the article's first identifier ("doi:10.1/x"), else a hash of its folded title, year and authors."""
    if article.identifiers:
        return key_of(article.identifiers[0])
    names = "|".join(fold(author.name) for author in article.authors)
    told = f"{fold(plain_text(article.title))}|{article.published_on[:4]}|{names}"
    return f"hash:{blake2b(told.encode('utf-8', 'replace'), digest_size=10).hexdigest()}"
