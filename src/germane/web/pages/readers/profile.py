"""A reader's profile: the phrases that stand for their taste, what is left out for good, and starting over."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from germane.web.catalog import queries as catalog
from germane.web.pages.readers.who import for_reader
from germane.web.readers import queries
from germane.web.readers.profiling import profile_of

_N_LESS = 50  # of which the reader wants less, that are listed


@for_reader
def show(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Return the page; its buttons are those of `steering_forms.change`."""
    marks = queries.marks_of(reader_id)
    context = {
        "phrases": profile_of(marks),
        "excluded": marks.exclusions,
        "less": catalog.read_lines(list(marks.dismissed)[:_N_LESS]),
        "n_less": len(marks.dismissed),
        "n_liked": len(marks.liked),
    }
    return render(request, "readers/profile.html", context)
