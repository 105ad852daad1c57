"""PubMed's XML: MeSH headings, ORCID iDs, structured abstracts, reference lists. The mark is the citation's owner."""

from germane.synth import MARK
from germane.synth.article import Article
from germane.synth.people import Author

ENDING = ".xml.gz"
HEADER = f"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<!-- {MARK}: invented records, no article of these exists. -->
<PubmedArticleSet>
"""
FOOTER = "</PubmedArticleSet>\n"

_LANGUAGES = {"en": "eng", "de": "ger", "fr": "fre", "es": "spa"}
_LABELS = ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSIONS")


def render(article: Article) -> bytes:
    """Return the article's citation."""
    year, month, day = article.date.split("-")
    venue = article.venue
    title = f"[{article.title}]." if article.original_title else f"{article.title}."
    vernacular = (
        f"<VernacularTitle>{_escape(article.original_title)}.</VernacularTitle>" if article.original_title else ""
    )
    revised = (article.revised_on or article.date).split("-")
    doi_location = f'<ELocationID EIdType="doi" ValidYN="Y">{article.doi}</ELocationID>' if article.doi else ""
    doi_id = f'<ArticleId IdType="doi">{article.doi}</ArticleId>' if article.doi else ""
    kinds = '<PublicationType UI="D016428">Journal Article</PublicationType>'
    if article.is_review:
        kinds += '<PublicationType UI="D016454">Review</PublicationType>'
    notice = ""
    if article.is_retracted:
        kinds += '<PublicationType UI="D016441">Retracted Publication</PublicationType>'
        notice = (
            '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>'
            f"{venue.short}. {revised[0]};1(1):1</RefSource></CommentsCorrections></CommentsCorrectionsList>"
        )
    headings = "".join(
        f'<MeshHeading><DescriptorName MajorTopicYN="N">{heading}</DescriptorName></MeshHeading>'
        for heading in article.headings
    )
    text = (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="{MARK}"><PMID Version="1">{article.pmid}</PMID>'
        f"<DateRevised><Year>{revised[0]}</Year><Month>{revised[1]}</Month><Day>{revised[2]}</Day></DateRevised>"
        f'<Article PubModel="Print"><Journal><ISSN IssnType="Electronic">{venue.issn}</ISSN>'
        f'<JournalIssue CitedMedium="Internet"><Volume>{article.volume}</Volume><Issue>{article.issue}</Issue>'
        f"<PubDate><Year>{year}</Year><Month>{month}</Month><Day>{day}</Day></PubDate></JournalIssue>"
        f"<Title>{venue.name}</Title><ISOAbbreviation>{venue.short}</ISOAbbreviation></Journal>"
        f"<ArticleTitle>{_escape(title)}</ArticleTitle>"
        f"<Pagination><MedlinePgn>{article.page}-{article.page + 9}</MedlinePgn></Pagination>{doi_location}"
        f"{_abstract(article)}"
        f'<AuthorList CompleteYN="Y">{"".join(map(_author, article.authors))}</AuthorList>'
        f"<Language>{_LANGUAGES[article.language]}</Language>"
        f"<PublicationTypeList>{kinds}</PublicationTypeList>{vernacular}</Article>"
        f"<MedlineJournalInfo><MedlineTA>{venue.short}</MedlineTA></MedlineJournalInfo>{notice}"
        f"<MeshHeadingList>{headings}</MeshHeadingList></MedlineCitation>"
        f'<PubmedData><ArticleIdList><ArticleId IdType="pubmed">{article.pmid}</ArticleId>{doi_id}</ArticleIdList>'
        f"{_references(article)}</PubmedData></PubmedArticle>\n"
    )
    return text.encode()


def _escape(text: str) -> str:
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def _abstract(article: Article) -> str:
    sentences = article.sentences
    if not sentences:
        return ""
    if not article.is_structured or len(sentences) < len(_LABELS):
        return f"<Abstract><AbstractText>{_escape(' '.join(sentences))}</AbstractText></Abstract>"
    n = len(_LABELS)
    cuts = [len(sentences) * k // n for k in range(n + 1)]
    parts = "".join(
        f'<AbstractText Label="{label}">{_escape(" ".join(sentences[a:b]))}</AbstractText>'
        for label, a, b in zip(_LABELS, cuts, cuts[1:], strict=False)
    )
    return f"<Abstract>{parts}</Abstract>"


def _author(author: Author) -> str:
    orcid = f'<Identifier Source="ORCID">{author.orcid}</Identifier>' if author.orcid else ""
    place = author.affiliation
    place = f"<AffiliationInfo><Affiliation>{place}.</Affiliation></AffiliationInfo>" if place else ""
    return (
        f'<Author ValidYN="Y"><LastName>{author.family}</LastName><ForeName>{author.given}</ForeName>'
        f"<Initials>{author.initials}</Initials>{orcid}{place}</Author>"
    )


def _references(article: Article) -> str:
    if not article.references:
        return ""
    listed = []
    for number, doi, pmid in article.references:
        label = "Synthetic" if doi or pmid else f"Synthetic preprint {number}"
        first = f'<ArticleId IdType="pubmed">{pmid}</ArticleId>' if pmid else ""
        second = f'<ArticleId IdType="doi">{doi}</ArticleId>' if doi else ""
        ids = f"<ArticleIdList>{first}{second}</ArticleIdList>" if first or second else ""
        listed.append(f"<Reference><Citation>{label}</Citation>{ids}</Reference>")
    return f"<ReferenceList>{''.join(listed)}</ReferenceList>"
