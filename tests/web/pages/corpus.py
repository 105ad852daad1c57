"""A small invented corpus with one article that has everything around it: what page and browser tests look at."""

from germane.article import (
    Abstract,
    Article,
    Author,
    Funding,
    Identifier,
    Keyword,
    Location,
    Notice,
    Relation,
    Venue,
)  # fmt: skip
from germane.item import Evidence, Item
from germane.web.catalog import models
from tests.web.pages.making import make_article, make_mention, make_similar, people, recount

FULL = "/doi/10.5555/interscapular.2021.7"
RETRACTED = "/doi/10.5555/retracted.9"
ARABIC = "/doi/10.5555/arabic.3"
BARE = "/doi/10.5555/bare.1"
LONG_WORD = "/doi/10.5555/long.word"

_ABSTRACT = (
    "<p>Pain between the shoulder blades is common after long work at a desk, and few treatments for it have been "
    "tested with care. We asked whether an injection guided by ultrasound into the fascia below the rhomboid muscle "
    "is feasible in a general practice, and how much it relieves. Forty-one adults with pain for more than three "
    "months took part, and all of them were asked weekly for their score on the numerical rating scale.</p><p>The "
    "injection could be given to thirty-nine of them within twelve minutes. The median score fell from 6 to 3 after "
    "one week and stood at 3.5 after eight weeks, while the change of <i>m</i><sub>w</sub> was "
    "$\\Delta m_w = 0.4 \\pm 0.1$ in the same time. Two people felt dizzy for some minutes; nothing else went wrong. "
    "Those who had been in pain for less than a year gained more than those who had been in pain for longer.</p><p>We "
    "conclude that the injection is feasible outside hospitals and that a trial against a sham injection is worth its "
    "cost. The protocol, the anonymous scores and the code of the analysis are open, so that others may plan one. "
    "We also describe how the needle was seen at all times, which the eight physicians of the practice learned in two "
    "afternoons, and what they would do otherwise now.</p>"
)
_TITLES = (
    ("Ultrasound-guided injections for pain of the upper back: a cohort of 212 adults", "Clinical Desk Medicine", 2022),
    ("The numerical rating scale in general practice, compared with diaries", "Measurement in Practice", 2019),
    ("Rhomboid fascia under ultrasound: an atlas", "Anatomy Letters", 2018),
    ("Feasibility studies that led to trials, and those that did not", "Trials and Errors", 2023),
    ("Desk work and pain between the shoulder blades: a survey of 4,000 clerks", "Work and Health", 2016),
    ("Sham injections: what patients can tell", "Trials and Errors", 2020),
    ("Trigger points of the trapezius: two raters, one needle", "Anatomy Letters", 2015),
    ("Two afternoons of training are enough: teaching ultrasound to physicians", "Teaching Medicine", 2024),
    ("Dizziness after injections of the back", "Clinical Desk Medicine", 2017),
    ("Open scores: sharing patients’ ratings without their names", "Open Methods", 2025),
)


def make_corpus() -> None:
    """Fill an empty database."""
    others = [
        make_article(
            Article(
                identifiers=(Identifier("doi", f"10.5555/near.{i}"),),
                title=title,
                authors=people("Noor Haddad", "Piet Visser", "Lucía Ramos", "Jan de Wit"),
                venue=Venue(venue, "journal"),
                published_on=f"{year}-0{i % 9 + 1}-12",
                type="article",
                language="en",
                locations=(Location(f"https://journal.example/near/{i}", "landing", is_open=i % 2 == 0),),
            ),
            abstracts=[
                Abstract(f"<p>{title}. " + "What we did is told in plain words here. " * 9 + "</p>", "crossref")
            ],
            keyphrases=("interscapular pain", "injection") if i % 2 else ("ultrasound", "numerical rating scale"),
        )
        for i, (title, venue, year) in enumerate(_TITLES, 1)
    ]
    preprint = make_article(
        Article(
            identifiers=(Identifier("arxiv", "2009.01234"), Identifier("doi", "10.5555/preprint.2020.7")),
            title="Guided injection for interscapular pain: can it be done?",
            authors=people("Amara Okafor"),
            published_on="2020-09-03",
            type="preprint",
        )
    )
    full = _make_full(preprint, others)
    models.Article.objects.filter(id__in=[preprint.id, full.id]).update(cluster_id=preprint.id)
    _make_odd_ones(others)


def _make_full(preprint: models.Article, others: list[models.Article]) -> models.Article:
    full = make_article(
        Article(
            identifiers=(
                Identifier("doi", "10.5555/interscapular.2021.7"),
                Identifier("pmid", "39999999"),
                Identifier("pmcid", "PMC9999999"),
            ),
            title="Injection guided by ultrasound for interscapular pain in general practice: a feasibility study",
            authors=(
                Author("Amara Okafor", "Okafor", "Amara", "0000-0002-1825-0097", ("University of Nowhere",)),
                Author("Mei Lin", "Lin", "Mei"),
                Author("Ravi Shankar Iyer", "Iyer", "Ravi Shankar", "0000-0001-5109-3700"),
                *people("Ana Sousa", "Björn Ek", "Chloé Martin", "Dov Levi", "Eva Horák", "Femi Ade", "Gus Lund"),
                *people("Hana Sato", "Ivo Petrov", "June Park"),
                Author("The Desk Pain Group"),
            ),
            venue=Venue("Clinical Desk Medicine", "journal", ("1234-5679",), "Invented Press"),
            published_on="2021-03-14",
            type="clinical-trial",
            language="en",
            volume="12",
            issue="3",
            pages="201-214",
            license="cc-by-4.0",
            n_cited_by=37,
            keywords=(
                Keyword("shoulder blade"),
                Keyword("fascia"),
                Keyword("Injections", "subject", "mesh"),
                Keyword("Back Pain", "subject", "mesh"),
                Keyword("Pain Measurement", "subject", "mesh"),
            ),
            locations=(
                Location("https://journal.example/full.pdf", "pdf", "published", "cc-by-4.0", True, "publisher"),
                Location("https://journal.example/full", "landing", host="publisher"),
            ),
            relations=(
                Relation("has-preprint", "doi:10.5555/preprint.2020.7", source="crossref"),
                Relation("has-trial", "nct:NCT01234567", title="Guided injection for desk pain", source="pubmed"),
                *(Relation("references", f"doi:10.5555/near.{i}") for i in range(1, 6)),
                *(
                    Relation("references", title=f"An older book about backs, volume {i}. 19{i + 60}.")
                    for i in range(9)
                ),
                Relation("references", "doi:10.5555/elsewhere.1", title="Something that has no page here"),
            ),
            funding=(Funding("The Invented Fund", "IF-2019-44"), Funding("National Desk Council")),
            provenance={"title": "crossref doi:10.5555/interscapular.2021.7", "keywords": "pubmed pmid:39999999"},
        ),
        abstracts=[Abstract(_ABSTRACT, "crossref", "cc-by-4.0", language="en")],
        keyphrases=("interscapular pain", "NRS score", "injection", "feasibility", "ultrasound"),
    )
    topics = ("interscapular pain; injection", "numerical rating scale", "injection; ultrasound", "feasibility")
    make_similar(
        full,
        [
            (
                other,
                0.9 - 0.05 * i,
                (
                    Evidence("phrases", topics[i % 4], "keyphrases", "similar/1", 0.8),
                    *((Evidence("coupled", str(14 - i), "references", "similar/1", 0.5),) if i % 3 == 0 else ()),
                    *((Evidence("cites", "cites", "references", "similar/1", 0.3),) if i < 5 else ()),
                ),
            )
            for i, other in enumerate(others)
        ],
    )
    _make_items(full)
    recount(full, n_relations=4)
    return full


def _make_items(full: models.Article) -> None:
    doi = "10.5555/interscapular.2021.7"
    link = Evidence("id-link", f"https://doi.org/{doi}", f"https://doi.org/{doi}", "links/1")
    quoted = Evidence("id-text", f"doi:{doi}", "text:40", "text/1")
    names = Evidence("names", "Clinical Desk Medicine; Okafor; 2 days after publication", "text:12", "names/1", 0.9)
    topic = Evidence("phrases", "interscapular pain; injection", "text:0", "topic/1", 0.7)
    news = [
        ("A needle, not a pill: desk workers’ backs", "Invented Science News", "2021-03-16", names, "about", ""),
        ("Two afternoons, eight physicians", "The Practice Blog", "2021-05-02", link, "about", "blog"),
        ("New study on pain between the shoulder blades", "University of Nowhere", "2021-03-14", quoted, "about",
         "press release"),
        ("Why your chair is not to blame", "Invented Science News", "2023-01-09", topic, "topic", ""),
    ]  # fmt: skip
    for i, (title, platform, day, evidence, shelf, label) in enumerate(news):
        item = Item("feeds", f"n{i}", "news", f"https://news.example/{i}", title,
                    "Physicians of one practice tried an injection that is mostly given in hospitals.",
                    platform, label, published_on=day, language="en")  # fmt: skip
        make_mention(full, item, evidence, shelf)  # type: ignore[arg-type]
    for i in range(14):
        network = ("Bluesky", "Mastodon")[i % 2]
        text = ("The supplement has the program of the analysis. We repeated it in an afternoon.",
                "We teach this to our residents now; the video of the needle is the best part.",
                "Small study, honest title. A trial against sham is what I want to see next.")[i % 3]  # fmt: skip
        item = Item("bluesky" if i % 2 == 0 else "mastodon", f"p{i}", "social", f"https://social.example/p/{i}", "",
                    text, network, "post", f"@lab{i}", f"2021-{i % 9 + 3:02}-11T10:00:00Z", "en")  # fmt: skip
        make_mention(full, item, link)
    talk = Item("acl", "v0", "video", "https://www.youtube.com/watch?v=abcdefghijk", "How we see the needle",
                "", "YouTube", "talk", "Amara Okafor", "2021-06-01")  # fmt: skip
    make_mention(full, talk, Evidence("declared", "talk", "crossref", "declared/1"))
    far = Item("tib", "v1", "video", "https://av.example/52", "A trial that we hope for", "", "AV Portal",
               published_on="2022-02-02")  # fmt: skip
    make_mention(full, far, Evidence("title", "Injection guided by ultrasound", "description:3", "text/1", 0.9))
    data = Item("datacite", "d0", "reference", "https://data.example/scores", "Anonymous scores of 41 adults", "",
                "Open Store", "data", published_on="2021-03-20")  # fmt: skip
    make_mention(full, data, Evidence("declared", "has-supplement", "datacite", "declared/1"))
    code = Item("datacite", "d1", "reference", "https://data.example/code", "Code of the analysis", "", "Open Store",
                "code", published_on="2021-03-21")  # fmt: skip
    make_mention(full, code, Evidence("id-link", doi, f"https://doi.org/{doi}", "links/1"))


def _make_odd_ones(others: list[models.Article]) -> None:
    make_article(
        Article(
            identifiers=(Identifier("doi", "10.5555/retracted.9"),),
            title="A pillow that heals all backs",
            authors=people("Dr Dream"),
            venue=Venue("Clinical Desk Medicine", "journal"),
            published_on="2014-02",
            type="article",
            notices=(
                Notice("retraction", "10.5555/notice.1", "2015-07-01", reason="No data", source="crossref"),
                Notice("concern", on="2014-12-01", source="pubmed"),
            ),
            abstracts=(Abstract("Everybody slept well.", "sample", basis="own-summary"),),
        )
    )  # fmt: skip
    make_article(
        Article(
            identifiers=(Identifier("doi", "10.5555/arabic.3"),),
            title="الألم بين لوحي الكتف: دراسة في العيادات",
            original_title="الألم بين لوحي الكتف",
            authors=people("ليلى حداد", "عمر سعيد"),
            venue=Venue("مجلة الطب", "journal"),
            published_on="2020",
            type="article",
            language="ar",
            abstracts=(Abstract("سألنا أربعين مريضا عن الألم. قل الألم بعد أسبوع.", "crossref", language="ar"),),
        )
    )
    make_article(Article(identifiers=(Identifier("doi", "10.5555/bare.1"),), title="Bare"))
    make_article(Article(title="An article without any identifier", published_on="1999"))
    word = "Rhomboid" * 30
    make_article(
        Article(
            identifiers=(Identifier("doi", "10.5555/long.word"),),
            title=word,
            authors=people(word),
            venue=Venue(word, "journal"),
            keywords=(Keyword(word), Keyword(word, "subject")),
        )
    )
    survivor = others[0]
    make_article(Article(identifiers=(Identifier("doi", "10.5555/twin.1"),), title="A twin"), merged_into=survivor.id)
    make_article(Article(identifiers=(Identifier("doi", "10.5555/gone.1"),), title="Gone"), is_deleted=True)
    make_article(Article(identifiers=(Identifier("doi", "10.5555/tab.1/news"),), title="A DOI that ends like a tab"))
    make_article(
        Article(
            identifiers=(Identifier("doi", "10.5555/(sici)1097-4571(199210)43:9<628::aid-asi5>3.0.co;2-0"),),
            title="Sici",
        )
    )
    make_article(
        Article(
            identifiers=(Identifier("arxiv", "hep-th/9901001"),),
            title=r"Strings on $AdS_5 \times S^5$ at $\mathcal{N}=4$",
            published_on="1999-01-04",
            type="preprint",
        )
    )
