"""`germane recommend`: what there is to do is done, and said; where nobody likes anything it is nothing."""

import json
from pathlib import Path

from tests.web.jobs.homes import home, made_home, run

__all__ = ["home", "made_home"]


def test_a_site_that_nobody_likes_yet_has_nothing_to_do(home: Path) -> None:
    done = run(home, "recommend", "train")
    assert (done.returncode, done.stderr) == (0, "")
    assert "too few likes" in done.stdout
    assert json.loads(run(home, "recommend", "refresh", "--json").stdout) == {"lists": 0}
    done = run(home, "recommend", "digest")
    assert "0 sent" in done.stdout
    assert not (home / "recommend").exists()
