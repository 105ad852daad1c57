import bz2
import gzip
import io
import lzma
import os
import tracemalloc
import zipfile
from pathlib import Path
from typing import BinaryIO

import pytest

from germane.reading import ReadingError
from germane.reading.opening import TextStream, broken_before, find_files, open_text

SAMPLE = "<a>Ünïcode, Ελληνικά, 中文 &amp; plain</a>\n" * 3


def read(data: bytes, name: str = "sample") -> str:
    return "".join(open_text(io.BytesIO(data), name=name).chunks())


def read_until_failure(data: bytes) -> tuple[str, str]:
    parts: list[str] = []
    try:
        parts.extend(open_text(io.BytesIO(data), name="sample").chunks())
    except ReadingError as error:
        return "".join(parts), str(error)
    return "".join(parts), ""


@pytest.mark.parametrize(
    "data",
    [
        SAMPLE.encode(),
        gzip.compress(SAMPLE.encode(), mtime=0),
        gzip.compress(gzip.compress(SAMPLE.encode(), mtime=0), mtime=0),
        b"".join(gzip.compress(line.encode(), mtime=0) for line in SAMPLE.splitlines(keepends=True)),
        gzip.compress(SAMPLE.encode(), mtime=0) + b"\0" * 1024,
        bz2.compress(SAMPLE.encode()),
        bz2.compress(SAMPLE[:40].encode()) + bz2.compress(SAMPLE[40:].encode()),
        lzma.compress(SAMPLE.encode()),
        "\ufeff".encode() + SAMPLE.encode(),
        SAMPLE.encode("utf-16"),
        SAMPLE.encode("utf-16-le"),
        SAMPLE.encode("utf-16-be"),
        SAMPLE.encode("utf-32"),
        SAMPLE.encode("utf-32-be"),
        gzip.compress(SAMPLE.encode("utf-16"), mtime=0),
    ],
)
def test_compression_and_encoding_are_recognized_by_content(data: bytes) -> None:
    assert read(data) == SAMPLE


@pytest.mark.parametrize(
    ("declared", "encoded_as"),
    [
        ("ISO-8859-1", "latin-1"),
        ("windows-1252", "cp1252"),
        ("ISO-8859-2", "iso8859-2"),
        ("Shift_JIS", "shift_jis"),
        ("GB18030", "gb18030"),
        ("ISO-8859-1", "utf-8"),  # a declaration that lies
        ("UTF-16", "utf-8"),
        ("no-such-charset", "utf-8"),
        ("zlib_codec", "utf-8"),
        ("punycode", "utf-8"),
    ],
)
def test_an_xml_declaration_is_believed_unless_the_bytes_are_utf8(declared: str, encoded_as: str) -> None:
    letters = {"iso8859-2": "Łódź", "shift_jis": "日本語", "gb18030": "中文", "cp1252": "“Café”"}.get(
        encoded_as, "Café"
    )
    document = f'<?xml version="1.0" encoding="{declared}"?><a>{letters} and plain text</a>'
    assert read(document.encode(encoded_as)) == document


def test_an_undeclared_older_encoding_is_guessed() -> None:
    text = "TI  - Über die Prüfung von Größen in der Küche, ein Überblick für Anfänger.\n" * 20
    assert read(text.encode("cp1252")) == text


def test_an_older_encoding_is_noticed_after_a_long_beginning_in_ascii() -> None:
    text = "plain words only\n" * 40_000 + "AU  - Müller, Jürgen\nAU  - Gödel, Käthe\n"
    assert read(text.encode("cp1252")) == text


def test_a_few_broken_bytes_are_replaced_and_reported_where_they_stand() -> None:
    data = "é one\n".encode() + b"two \xff\xfe\n" + "three é\n".encode()
    text = open_text(io.BytesIO(data), name="sample")
    assert "".join(text.chunks()) == "é one\ntwo \ufffd\ufffd\nthree é\n"
    assert broken_before(text, 6) == 0
    assert broken_before(text, 13) == 2
    assert broken_before(text, 100) == 0  # they are forgotten


def test_a_broken_byte_never_turns_the_rest_of_a_utf8_file_into_nonsense() -> None:
    data = b"ascii " * 50_000 + b"\xff " + "später 中文 ".encode() * 50_000
    text = read(data)
    assert text.count("\ufffd") == 1
    assert text.count("später 中文 ") == 50_000


def test_a_replacement_character_that_was_there_before_is_no_damage() -> None:
    text = open_text(io.BytesIO("a \ufffd b".encode()), name="sample")
    assert "".join(text.chunks()) == "a \ufffd b"
    assert broken_before(text, 10) == 0


def test_characters_cut_by_a_chunk_are_whole() -> None:
    text = "中" * 400_000
    assert read(text.encode()) == text
    assert read(b"x" + text.encode()) == "x" + text


def test_nuls_are_left_out() -> None:
    assert read(b"<a>one\0 two\0\0</a>") == "<a>one two</a>"


def test_what_precedes_the_end_of_a_truncated_gzip_is_read() -> None:
    whole = "".join(f"{i} {i * 7919 % 104729}\n" for i in range(50_000))
    text, error = read_until_failure(gzip.compress(whole.encode(), mtime=0)[:-5000])
    assert len(text) > len(whole) * 0.9
    assert whole.startswith(text)
    assert "truncated" in error


def test_what_precedes_a_bad_checksum_is_read() -> None:
    data = bytearray(gzip.compress(SAMPLE.encode(), mtime=0))
    data[-6] ^= 0xFF
    text, error = read_until_failure(bytes(data))
    assert text == SAMPLE
    assert "damaged" in error


def test_what_precedes_foreign_bytes_after_gzip_is_read() -> None:
    text, error = read_until_failure(gzip.compress(SAMPLE.encode(), mtime=0) + b"<html>")
    assert text == SAMPLE
    assert "not gzip" in error


@pytest.mark.parametrize("data", [b"", gzip.compress(b"", mtime=0)])
def test_an_empty_file_says_so(data: bytes) -> None:
    with pytest.raises(ReadingError, match="empty"):
        open_text(io.BytesIO(data), name="sample")


def test_archives_say_what_to_do() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.xml", SAMPLE)
    with pytest.raises(ReadingError, match="zip archive; unpack"):
        open_text(io.BytesIO(stream.getvalue()), name="sample")


def test_a_stream_that_fails_is_a_reading_error() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 300_000:
                raise OSError(5, "Input/output error")
            return super().read(size)

    text = open_text(Failing(b"x" * 1_000_000), name="disk")
    parts: list[str] = []
    with pytest.raises(ReadingError, match="disk: cannot be read"):
        parts.extend(text.chunks())
    assert sum(map(len, parts)) > 300_000


def test_the_head_is_not_consumed() -> None:
    text = open_text(io.BytesIO(SAMPLE.encode() * 3000), name="sample")
    assert text.head.startswith(SAMPLE)
    assert len(text.head) <= 64 * 1024
    assert "".join(text.chunks()) == SAMPLE * 3000


def test_progress_is_told_in_bytes_of_the_file_as_it_is() -> None:
    data = gzip.compress(os.urandom(2_000_000).hex().encode(), mtime=0)
    text = open_text(io.BytesIO(data), name="sample")
    seen = [text.consumed for _ in text.chunks()]
    assert text.total == len(data)
    assert seen == sorted(seen)
    assert 0 < seen[0] < seen[-1] == len(data)


def test_memory_is_constant_for_a_bomb() -> None:
    data = gzip.compress(gzip.compress(b" " * 200_000_000), mtime=0)
    tracemalloc.start()
    size = sum(len(chunk) for chunk in open_text(io.BytesIO(data), name="bomb").chunks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 200_000_000
    assert peak < 8_000_000


def opened(stream: BinaryIO) -> TextStream:
    return open_text(stream, name="sample")


def test_files_are_found_in_order_and_what_cannot_be_is_told(tmp_path: Path) -> None:
    for name in ("b/2.xml", "b/1.xml", "a.txt", ".hidden/x", "b/.DS_Store"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "empty").mkdir()
    found = list(find_files([str(tmp_path), "-", str(tmp_path / "nothing"), str(tmp_path / "empty")]))
    names = [source.name.removeprefix(f"{tmp_path}/") for source in found]
    assert names == ["a.txt", "b/1.xml", "b/2.xml", "standard input", "nothing", "empty"]
    assert [bool(source.error) for source in found] == [False, False, False, False, True, True]
    with found[1].open() as stream:
        assert "".join(opened(stream).chunks()) == "x"
    for source, reason in ((found[4], "no such file"), (found[5], "no files")):
        with pytest.raises(ReadingError, match=reason):
            source.open()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("x")
    path.chmod(0)
    (source,) = find_files([str(path)])
    with pytest.raises(ReadingError, match="cannot be opened"):
        source.open()


@pytest.mark.parametrize("text", ["at 25° C", "Crohn’s disease", "5 ± 2 and 10 µm", "Caf\xe9 society"])
def test_the_few_characters_of_windows_1252_that_english_needs_are_understood(text: str) -> None:
    assert read(text.encode("cp1252")) == text
