"""An invented evaluation, for the page that shows the latest one."""

from germane.evaluate.results import Measure, Method, Result


def _method(task: str, collection: str, method: str, **metrics: Measure) -> Method:
    return Method(task, collection, method, 50, 1.0, 100.0, {n.replace("__", "."): m for n, m in metrics.items()})


_OURS = Measure(0.345)
_THEIRS = Measure(0.31, (0.0123, 0.0456))
_LIKES = ("warm__r20", "warm__r100", "cold__r20", "cold__r100")

RESULT = Result(
    at="2026-03-14T09:26:53+00:00",
    versions={"germane": "9.8.7", "embedding": "static/1"},
    machine={"processor": "A <made-up> processor with a name that is rather long, as they have"},
    tasks=("similar", "likes", "novel"),
    is_held_out=True,
    values={"similar": {}},
    details=(
        _method("similar", "csfcube", "germane", map=Measure(0.4012), ndcg20=Measure(0.62)),
        _method("similar", "csfcube", "bm25", map=Measure(0.338, (0.0231, -0.01))),
        _method("likes", "citeulike_a", "germane", **dict.fromkeys(_LIKES, _OURS)),
        _method("likes", "citeulike_a", "germane-high", **dict.fromkeys(_LIKES, _THEIRS)),
        _method("novel", "unheard", "germane", strangeness=Measure(1.0)),
    ),
    skipped={"likes": "there is no <file>"},
)
