"""How articles, items and raw records are kept in a column: MessagePack or text, compressed with zstandard.

The reasons of similar articles are many and short, and much alike: those of a whole list are compressed together.
Compressors are not safe to share between threads, so each thread has its own.
"""

import struct
import threading
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec
import zstandard

from germane.article import Article
from germane.item import Evidence, EvidenceCode, Item
from germane.relate.reasons import MATCHER

# A dictionary of what records have in common makes small blobs smaller. Never change it: old blobs need it. Add a
# second one, and choose by the id that zstandard keeps in each frame.
_COMMON = (
    b'"identifiers":"abstracts":"keywords":"locations":"relations":"notices":"funding":"provenance":"published_on":'
    b"authors title venue volume issue pages license language type journal-article conference-paper preprint "
    b"openalex crossref pubmed europepmc datacite arxiv references is-preprint-of has-preprint has-video has-dataset "
    b"https://doi.org/10.https://pubmed.ncbi.nlm.nih.gov/https://arxiv.org/abs/https://arxiv.org/pdf/"
    b"https://www.ncbi.nlm.nih.gov/pmc/articles/PMChttps://openalex.org/Whttps://orcid.org/0000-000"
    b"landing published submitted accepted publisher repository subject mesh author topic cc-by-4.0 cc0 "
    b"University Department of Institute Medicine Science International Journal Research Proceedings Conference "
    b'<ArticleId IdType="pubmed"></ArticleId><AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName></LastName>'
    b"<ForeName></ForeName><Initials></Initials><AffiliationInfo><Affiliation></Affiliation></AffiliationInfo></Author>"
    b'<MeshHeading><DescriptorName UI="D00" MajorTopicYN="N"></DescriptorName></MeshHeading><PubDate><Year>20'
    b'"display_name":"publication_year":20"authorships":[{"author":{"id":"https://openalex.org/A50'
    b'"raw_author_name":"abstract_inverted_index":{"The":[0],"of":[1],"and":["in":["the":["referenced_works":['
    b'"container-title":["DOI":"10."author":[{"given":"","family":"","sequence":"additional","affiliation":[]}'
    b'"submitter":"comments":"journal-ref":"doi":"report-no":null,"categories":"abstract":"versions":[{"version":"v1"'
)
_DICTIONARY = zstandard.ZstdCompressionDict(_COMMON, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
_LEVEL = 1  # as small as at 3 for texts of a few kilobytes, in two thirds of the time
_DICTIONARY.precompute_compress(level=_LEVEL)  # once, not at each of a million compressions
# Where each kind of reason usually stands; said in the column only when it is another place.
_WHERE: Mapping[str, str] = {
    "cites": "references",
    "co-cited": "references",
    "coupled": "references",
    "phrases": "keyphrases",
    "semantic": "vectors",
}


_SCORES = 10_000  # scores are kept as whole numbers of this part


class _Codecs(threading.local):
    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=_DICTIONARY)
        self.decompressor = zstandard.ZstdDecompressor(dict_data=_DICTIONARY)
        self.encoder = msgspec.msgpack.Encoder()
        self.articles = msgspec.msgpack.Decoder(Article)
        self.similar = msgspec.json.Decoder(tuple[list[int], list[int], list[dict[EvidenceCode, list[Any]]]])
        self.items = msgspec.msgpack.Decoder(Item)


_codecs = _Codecs()


def pack_text(text: str) -> bytes:
    """Return the text, compressed."""
    return _codecs.compressor.compress(text.encode("utf-8", "surrogatepass"))


def unpack_text(blob: bytes) -> str:
    """Return the text that `pack_text` compressed."""
    return _codecs.decompressor.decompress(bytes(blob)).decode("utf-8", "surrogatepass")


def unpack_markup(stored: bytes | memoryview | str) -> str:
    """Return an abstract's text as its column keeps it: `pack_text` packs it, and an earlier version left it plain."""
    if isinstance(stored, str):
        return stored
    blob = bytes(stored)
    return unpack_text(blob) if blob.startswith(zstandard.FRAME_HEADER) else blob.decode()


def pack(value: Article | Item) -> bytes:
    """Return the record as it is kept in a column."""
    return _codecs.compressor.compress(_codecs.encoder.encode(value))


def unpack_article(blob: bytes) -> Article:
    """Return the article that `pack` packed."""
    return _codecs.articles.decode(_codecs.decompressor.decompress(bytes(blob)))


def unpack_item(blob: bytes) -> Item:
    """Return the item that `pack` packed."""
    return _codecs.items.decode(_codecs.decompressor.decompress(bytes(blob)))


def pack_targets(targets: set[int]) -> bytes:
    """Return numbers (0 ≤ n < 2^63) as their column keeps them: ascending, eight bytes each, the lowest first."""
    return struct.pack(f"<{len(targets)}q", *sorted(targets))


def unpack_targets(blob: bytes | memoryview) -> tuple[int, ...]:
    """Return the numbers that `pack_targets` packed."""
    blob = bytes(blob)
    return struct.unpack(f"<{len(blob) // 8}q", blob)


def pack_similar(article_id: int, found: Sequence[tuple[int, float, Sequence[Evidence]]]) -> bytes:
    """Return an article's similar ones, (article, score, reasons) each, as one column keeps them.

    Raises ValueError when one of them has no reason, or is the article itself.
    """
    if not all(evidence for _, _, evidence in found):
        raise ValueError(f"article {article_id} has a similar article without a reason")
    if any(number == article_id for number, _, _ in found):
        raise ValueError(f"article {article_id} is similar to itself")
    columns = (
        [number for number, _, _ in found],
        [round(score * _SCORES) for _, score, _ in found],
        [{e.code: _reason(e) for e in evidence} for _, _, evidence in found],
    )
    return _codecs.compressor.compress(msgspec.json.encode(columns))


def unpack_similar(blob: bytes) -> list[tuple[int, float, tuple[Evidence, ...]]]:
    """Return what `pack_similar` packed."""
    numbers, scores, reasons = _codecs.similar.decode(_codecs.decompressor.decompress(blob))
    return [
        (number, score / _SCORES, tuple([_evidence(code, reason) for code, reason in some.items()]))
        for number, score, some in zip(numbers, scores, reasons, strict=True)
    ]


def _reason(e: Evidence) -> list[Any]:
    said = [e.matched, round(e.confidence, 3)]
    if e.matcher != MATCHER:
        return [*said, e.where, e.matcher]
    return said if e.where == _WHERE.get(e.code, "") else [*said, e.where]


def _evidence(code: EvidenceCode, reason: list[Any]) -> Evidence:
    if len(reason) == 2:
        return Evidence(code, reason[0], _WHERE.get(code, ""), MATCHER, reason[1])
    return Evidence(code, reason[0], reason[2], reason[3] if len(reason) > 3 else MATCHER, reason[1])


def digest(text: str) -> bytes:
    """Return 16 bytes that tell two texts apart."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
