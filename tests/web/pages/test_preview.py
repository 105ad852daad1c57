"""The picture of an article's link."""

from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from germane.web.catalog import queries
from germane.web.pages import preview
from tests.web.pages.corpus import FULL, RETRACTED
from tests.web.pages.making import bare, make_article


def picture_of(client: Client, path: str) -> Image.Image:
    response = client.get(f"{path}.png")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    assert "public" in response["Cache-Control"]
    return Image.open(BytesIO(response.content)).convert("RGB")


def top_color(image: Image.Image) -> tuple[int, int, int]:
    red, green, blue = image.crop((600, 5, 601, 6)).tobytes()
    return red, green, blue


def n_dark(image: Image.Image, box: tuple[int, int, int, int]) -> int:
    return image.crop(box).convert("L").point(lambda light: 255 if light < 140 else 0).histogram()[255]


def test_the_page_names_its_picture(client: Client) -> None:
    text = client.get(FULL).content.decode()
    assert f'<meta property="og:image" content="http://127.0.0.1:8000{FULL}.png">' in text
    assert '<meta name="twitter:card" content="summary_large_image">' in text


def test_the_picture_shows_title_and_what_is_around(client: Client) -> None:
    image = picture_of(client, FULL)
    assert image.size == (1200, 630)
    assert n_dark(image, (72, 110, 1128, 460)) > 2_000  # the title's ink
    assert n_dark(image, (72, 545, 600, 620)) > 200  # counts


def test_a_retraction_is_seen_before_all_else(client: Client) -> None:
    red, _, blue = top_color(picture_of(client, RETRACTED))
    assert red > 130 > blue
    red, _, blue = top_color(picture_of(client, FULL))
    assert blue > 110 > red


@pytest.mark.parametrize(
    "title",
    ["", "Word " * 300, "W" * 900, "α-Synuclein in Ætiology: Жизнь", "患者の痛み", "∑ ≤ 5", "\x00\u202eabc", "a"],
)
@pytest.mark.django_db
def test_any_title_makes_a_picture(corpus: None, title: str) -> None:
    page = queries.read_page(make_article(bare(title, "10.5555/any")).pk)
    assert page is not None
    assert Image.open(BytesIO(preview.draw_preview(page))).size == (1200, 630)


def test_letters_that_cannot_be_drawn_make_way_for_the_doi() -> None:
    assert preview._drawable("患者の痛み") == ""
    assert preview._drawable("α and β ≤ 5 🙂") == "α and β <= 5"
    assert preview._drawable("Жизнь и łódź") == "Жизнь и łódź"


def test_there_is_no_picture_of_what_is_not_here(client: Client) -> None:
    assert client.get("/doi/10.5555/nobody.png").status_code == 404
