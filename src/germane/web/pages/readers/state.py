"""What a signed-in reader's browser asks in the background, to color the buttons of a page that is the same for all."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token

from germane.web.pages.readers.who import read_number, reader_id_of
from germane.web.readers import queries

_MAX = 300  # articles on one page


def show(request: HttpRequest) -> HttpResponse:
    """Return which of some articles a reader likes or has read, how many alerts are new, and the token for posting.

    Nobody is told that they are nobody: `is_reader` is false, and the hint cookie is taken away on the way out.
    """
    reader_id = reader_id_of(request)
    if reader_id is None:
        return JsonResponse({"is_reader": False, "liked": [], "read": [], "n_unseen": 0})
    given = request.GET.get("articles", "").split(",")[:_MAX]
    ids = [number for part in given if (number := read_number(part))]
    state = queries.state_of(reader_id, ids)
    return JsonResponse(
        {
            "is_reader": True,
            "liked": state.liked,
            "read": state.read,
            "has_likes": state.has_likes,
            "n_unseen": state.n_unseen,
            "csrf": get_token(request),
        }
    )
