"""Articles and items as rows, for tests: written with the models, in the shapes that the store keeps."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from germane.article import Abstract, Article, Author, Identifier
from germane.identifiers import key_of
from germane.item import TAB_OF_KIND, Evidence, Item, Shelf
from germane.text import clean_markup, fold, plain_text, render_math
from germane.web.catalog import models
from germane.web.catalog.codec import digest, pack, pack_similar, pack_text
from germane.web.catalog.rows import Counts, bits_of, phrase_number, phrase_slug, sort_on, target_of, write_counts

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def slug(name: str) -> str:
    return fold(name).replace(" ", "-")


def make_article(
    article: Article,
    *,
    number: int | None = None,
    abstracts: Sequence[Abstract] | None = None,
    keyphrases: Sequence[str] = (),
    cluster_id: int | None = None,
    is_deleted: bool = False,
    merged_into: int | None = None,
) -> models.Article:
    title_html = clean_markup(article.title)
    venue = None
    if article.venue:
        venue, _ = models.Venue.objects.get_or_create(
            slug=slug(article.venue.name),
            defaults={
                "name": article.venue.name,
                "kind": article.venue.kind,
                "publisher": article.venue.publisher,
                "issns": " ".join(article.venue.issns),
            },
        )
    names = [author.name for author in article.authors]
    row = models.Article(
        id=number,
        cluster_id=cluster_id or 0,
        merged_into=merged_into,
        title=plain_text(title_html),
        title_html=render_math(title_html),
        byline=", ".join(names[:3]) + (" et al." if len(names) > 3 else ""),
        doi=article.identifier("doi"),
        venue=venue,
        published_on=article.published_on,
        sort_on=sort_on(article.published_on),
        type=article.type,
        language=article.language,
        is_open=any(location.is_open for location in article.locations),
        notices=bits_of({notice.kind for notice in article.notices}),
        content=pack(msgspec.structs.replace(article, abstracts=())),
        is_enriched=True,
        is_related=True,
        is_deleted=is_deleted,
        added_at=NOW,
        changed_at=NOW,
    )
    row.save()
    if not cluster_id:
        models.Article.objects.filter(id=row.id).update(cluster_id=row.id)
    for identifier in article.identifiers:
        models.Identifier.objects.create(key=key_of(identifier), article_id=merged_into or row.id)
    for abstract in article.abstracts if abstracts is None else abstracts:
        models.Abstract.objects.create(
            article_id=row.id,
            source=abstract.source,
            license=abstract.license,
            basis=abstract.basis,
            language=abstract.language,
            markup=pack_text(clean_markup(abstract.markup, block=True)),
            html=render_math(clean_markup(abstract.markup, block=True)) if "$" in abstract.markup else "",
        )
    for rank, phrase in enumerate(keyphrases):
        number = phrase_number(phrase_slug(phrase))
        known, _ = models.Keyphrase.objects.get_or_create(id=number, defaults={"phrase": phrase})
        models.Keyphrase.objects.filter(id=known.id).update(n_articles=known.n_articles + 1)
        models.ArticleKeyphrase.objects.create(
            article_id=row.id, rank=rank, keyphrase_id=known.id, phrase=phrase, score=1 / (rank + 1),
            sort_on=row.sort_on,
        )  # fmt: skip
    for author in article.authors:
        if author.orcid:
            models.Authorship.objects.create(
                orcid=author.orcid, sort_on=row.sort_on, article_id=row.id, name=author.name
            )
    targets = {target_of(r.identifier) for r in article.relations if r.kind == "references" and r.identifier}
    models.Citation.objects.bulk_create([models.Citation(target=t, citing_id=row.id) for t in targets])
    return row


def make_mention(article: models.Article, item: Item, evidence: Evidence, shelf: Shelf = "about") -> models.Mention:
    row, _ = models.Item.objects.get_or_create(
        channel=item.channel,
        key=item.key,
        defaults={
            "kind": item.kind,
            "platform": item.platform,
            "label": item.label,
            "url": item.url,
            "title": item.title,
            "excerpt": item.excerpt,
            "author": item.author,
            "published_on": item.published_on,
            "sort_on": sort_on(item.published_on),
            "language": item.language,
            "storage": item.storage,
            "content": pack(item),
            "digest": digest(item.key),
            "first_seen_at": NOW,
            "last_seen_at": NOW,
        },
    )
    return models.Mention.objects.create(
        item=row,
        article_id=article.id,
        tab=TAB_OF_KIND[item.kind],
        shelf=shelf,
        code=evidence.code,
        matched=evidence.matched,
        place=evidence.where,
        matcher=evidence.matcher,
        confidence=evidence.confidence,
        sort_on=sort_on(item.published_on),
        first_seen_at=NOW,
        last_seen_at=NOW,
    )


def make_similar(article: models.Article, others: Sequence[tuple[models.Article, float, tuple[Evidence, ...]]]) -> None:
    blob = pack_similar(article.id, [(other.id, score, evidence) for other, score, evidence in others])
    models.Similar.objects.create(article_id=article.id, n=len(others), n_told=len(others), found=blob)


def recount(article: models.Article, n_relations: int = 0) -> None:
    """Write the counts that the tabs show, as the store does after every change."""

    def n(tab: str, shelf: str = "") -> int:
        found = models.Mention.objects.filter(article_id=article.id, tab=tab)
        return found.filter(shelf=shelf).count() if shelf else found.count()

    counts = Counts(
        more=n("more") + n_relations,
        news=n("news"),
        social=n("social"),
        video=n("video"),
        news_about=n("news", "about"),
        social_about=n("social", "about"),
        video_about=n("video", "about"),
    )
    n_mentions = models.Mention.objects.filter(article_id=article.id, shelf="about").count()
    models.Article.objects.filter(id=article.id).update(counts=write_counts(counts), n_mentions=n_mentions)


def bare(title: str, doi: str = "", **fields: object) -> Article:
    """Return an article with a title and a DOI and whatever else is given."""
    identifiers = (Identifier("doi", doi),) if doi else ()
    return msgspec.structs.replace(Article(identifiers=identifiers, title=title, type="article"), **fields)


def people(*names: str) -> tuple[Author, ...]:
    return tuple(Author(name, name.rpartition(" ")[2], name.rpartition(" ")[0]) for name in names)
