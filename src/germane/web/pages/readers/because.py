"""What a reader's likes add to an article's Recommended tab, which is itself the same for everybody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect

from germane.recommend import Recommendation
from germane.web.catalog import queries as catalog
from germane.web.pages.readers import browser
from germane.web.pages.readers.who import read_number, reader_id_of
from germane.web.readers.queries import Marks, marks_of
from germane.web.readers.recommending import marks_of_browser
from germane.web.readers.speaking import speak_for
from germane.web.readers.suggesting import needed, suggest


def show(request: HttpRequest) -> HttpResponse:
    """Return a piece of a page, empty when the likes say nothing here. Without an account they are posted."""
    return _show_reader(request) if request.user.is_authenticated else _answer(request, _sent(request))


@csrf_protect
def _show_reader(request: HttpRequest) -> HttpResponse:
    return _answer(request, marks_of(reader_id_of(request) or 0))


def _sent(request: HttpRequest) -> Marks:
    return marks_of_browser(browser.since(browser.read_browser_likes(request), timezone.now()), {})


def _answer(request: HttpRequest, marks: Marks) -> HttpResponse:
    number = read_number(request.GET.get("article", ""))
    here, others = speak_for(number, marks)
    found = [*([Recommendation(number, 1.0, here)] if here else []), *others]
    lines = {line.id: line for line in catalog.read_lines(needed(found))}
    suggestions = suggest(found, lines)
    context = {
        "here": next((each for each in suggestions if each.line.id == number), None),
        "others": [each for each in suggestions if each.line.id != number],
    }
    return render(request, "readers/because.html", context)
