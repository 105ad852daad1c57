"""Names, dates, licences, languages and targets are understood in every spelling that sources use."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from germane.article import Author
from germane.reading.dates import date_from_parts, date_from_text
from germane.reading.languages import language_code
from germane.reading.licenses import is_open_license, license_name
from germane.reading.names import read_indexed_name, read_name
from germane.reading.targets import find_target
from germane.reading.typed import UnreadableRecordError, read_record


@pytest.mark.parametrize(
    ("text", "family", "given"),
    [
        ("Byron, Ada", "Byron", "Ada"),
        ("Byron,Ada", "Byron", "Ada"),
        ("Ada Byron", "Byron", "Ada"),
        ("  Ada   King Byron ", "Byron", "Ada King"),
        ("Ludwig van Beethoven", "van Beethoven", "Ludwig"),
        ("van Beethoven, Ludwig", "van Beethoven", "Ludwig"),
        ("María de la Cruz", "de la Cruz", "María"),
        ("Byron, Jr, Ada", "Byron", "Ada"),
        ("Byron, Ada, Jr.", "Byron", "Ada"),
        ("Ada Byron Jr.", "Byron", "Ada"),
        ("A. Byron", "Byron", "A."),
        ("Plato", "", ""),
        ("The Antenna Consortium", "", ""),
        ("University of Nowhere", "", ""),
        ("National Centre, Department of Flies", "", ""),
        ("Byron", "", ""),
        ("", "", ""),
    ],
)
def test_names_in_one_string(text: str, family: str, given: str) -> None:
    person = read_name(text)
    assert (person.family, person.given) == (family, given)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Byron A", Author("A Byron", "Byron", "A")),
        ("van Dyck AB", Author("AB van Dyck", "van Dyck", "AB")),
        ("Byron A Jr", Author("A Byron Jr", "Byron", "A")),
        ("Antenna Consortium.", Author("Antenna Consortium")),
    ],
)
def test_names_as_medline_indexes_them(text: str, expected: Author) -> None:
    assert read_indexed_name(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03-09T10:00:00Z", "2021-03-09"),
        ("2021/03/09/", "2021-03-09"),
        ("2021/3/9", "2021-03-09"),
        ("2021///", "2021"),
        ("20210309", "2021-03-09"),
        ("2021-02-30", "2021-02"),
        ("2020-02-29", "2020-02-29"),
        ("1900-02-29", "1900-02"),
        ("9 March 2021", "2021-03-09"),
        ("Mar 9th, 2021", "2021-03-09"),
        ("März 2021", "2021-03"),
        ("2021 Mar-Apr", "2021-03"),
        ("Spring 2021", "2021"),
        ("c. 1850", "1850"),
        ("no date", ""),
        ("", ""),
        ("123456", ""),
    ],
)
def test_dates_in_text(text: str, expected: str) -> None:
    assert date_from_text(text) == expected


@given(st.lists(st.none() | st.integers() | st.text(max_size=5) | st.floats(), max_size=5))
def test_date_parts_never_crash(parts: list[Any]) -> None:
    assert isinstance(date_from_parts(parts), str)


@given(st.text(max_size=30))
def test_no_text_is_too_odd(text: str) -> None:
    for understand in (date_from_text, language_code, license_name, read_name, read_indexed_name, find_target):
        understand(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://creativecommons.org/licenses/by/4.0/", "cc-by-4.0"),
        ("https://creativecommons.org/licenses/by-nc-nd/3.0/us/legalcode", "cc-by-nc-nd-3.0"),
        ("CC BY-NC-SA 4.0", "cc-by-nc-sa-4.0"),
        ("cc by", "cc-by"),
        ("cc-by-4.0", "cc-by-4.0"),
        ("CC BY 4.0 (Example Scholar)", "cc-by-4.0"),
        ("cc_by_nc", "cc-by-nc"),
        ("Creative Commons Attribution 4.0 International", "cc-by-4.0"),
        ("Creative Commons Attribution Non-Commercial Share-Alike", "cc-by-nc-sa"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "cc0"),
        ("CC0", "cc0"),
        ("public-domain", "public-domain"),
        ("https://www.elsevier.com/tdm/userlicense/1.0/", "https://www.elsevier.com/tdm/userlicense/1.0/"),
        ("", ""),
    ],
)
def test_licences(text: str, expected: str) -> None:
    assert license_name(text) == expected
    assert license_name(expected) == expected
    assert is_open_license(expected) == expected.startswith(("cc", "public"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("eng", "en"), ("English", "en"), ("en-US", "en"), ("EN", "en"), ("ger", "de"), ("deu", "de"), ("français", "fr"),
     ("zh_CN", "zh"), ("haw", "haw"), ("und", ""), ("", ""), ("12", ""), ("Klingonese", "")],
)  # fmt: skip
def test_languages(text: str, expected: str) -> None:
    assert language_code(text) == expected


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("10.5555/ABC", "doi", ("doi:10.5555/abc", "", "")),
        ("https://doi.org/10.5555/abc", "uri", ("doi:10.5555/abc", "", "")),
        ("arXiv:2101.00001v2", "arXiv", ("arxiv:2101.00001", "", "")),
        ("NCT01234567", "", ("nct:NCT01234567", "", "")),
        ("https://example.org/data.zip", "uri", ("", "https://example.org/data.zip", "")),
        ("A paper of 1901", "other", ("", "", "A paper of 1901")),
        ("  ", "doi", None),
    ],
)
def test_targets(text: str, kind: str, expected: tuple[str, str, str] | None) -> None:
    assert find_target(text, kind) == expected


class Person(Struct):
    name: str = ""
    age: int | None = None


class Family(Struct):
    name: str = ""
    people: list[Person] = []
    by_role: dict[str, Person] = {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "A", "people": [{"name": "B", "age": 3}]}, Family("A", [Person("B", 3)])),
        ({"name": 7, "people": "none"}, Family("7")),
        (
            {"name": None, "people": [None, {"name": "B", "age": "old"}, 5, {"name": ["x"]}]},
            Family("", [Person("B"), Person()]),
        ),
        (
            {"by_role": {"a": {"name": True}, "b": 3, "c": {"name": "C"}}},
            Family(by_role={"a": Person(), "c": Person("C")}),
        ),
        ({"unknown": {"deep": [1]}}, Family()),
    ],
)
def test_a_member_of_an_unexpected_type_is_dropped_and_nothing_else(value: Any, expected: Family) -> None:
    assert read_record(json.dumps(value), Family) == expected


@pytest.mark.parametrize(
    "text",
    ['{"name": "half \\ud83d of a pair"}', '{"name": "half \\udc00 of a pair"}', '{"name": "half \ud83d of a pair"}'],
)
def test_half_a_surrogate_pair_does_not_lose_the_record(text: str) -> None:
    assert read_record(text, Family).name in ("half � of a pair", "half ? of a pair")
    assert read_record('{"name": "\\ud83d\\ude00 \\ud83d"}', Family).name == "😀 �"


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '{"a": NaN}', '{"name": "x"} y', "[" * 5000 + "]" * 5000])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(UnreadableRecordError):
        read_record(text, Family)
