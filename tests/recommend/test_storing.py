"""A model on disk: the same for whoever opens it, whole or not at all, and replaced while it is open."""

from pathlib import Path

import numpy as np
import pytest

from germane.recommend import ModelUnusable
from germane.recommend.model import Model, train_model, with_articles
from germane.recommend.scoring import make_lens, score
from germane.recommend.storing import MANIFEST, SharedModel, load_model, save_model, save_new_articles, trained_name
from tests.recommend.conftest import FIRST_ID, world


def test_a_saved_model_ranks_alike_when_loaded(model: Model, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    everything = np.arange(model.n)
    before = score(model, make_lens(model, {FIRST_ID: 1.0}), everything)
    after = score(loaded, make_lens(loaded, {FIRST_ID: 1.0}), everything)
    assert after == pytest.approx(before, rel=2e-2, abs=2e-2)
    assert loaded.weights == model.weights
    assert loaded.ids_of(everything).tolist() == model.ids_of(everything).tolist()


def test_new_articles_and_new_models_are_met_at_the_next_look(tmp_path: Path) -> None:
    ids, likes, features = world()
    trained = train_model(ids[:-1], likes[:, :-1], features[:-1])
    shared = SharedModel(tmp_path)
    assert shared.current() is None
    save_model(trained, tmp_path)
    first = shared.current()
    assert first is not None
    assert shared.current() is first
    grown, name = with_articles(first, ids[-1:], features[-1:]), trained_name(tmp_path)
    save_new_articles(grown, tmp_path, name)
    second = shared.current()
    assert second is not None
    assert (first.n, second.n) == (len(ids) - 1, len(ids))
    save_model(train_model(*world()), tmp_path)
    third = shared.current()
    assert third is not None
    assert third.n_trained == len(ids)
    with pytest.raises(ModelUnusable, match="replaced meanwhile"):
        save_new_articles(grown, tmp_path, name)  # of the model before
    assert len(list(tmp_path.iterdir())) == 3  # what nobody names is removed
    assert np.isfinite(score(first, make_lens(first, {FIRST_ID: 1.0}), np.arange(first.n))).all()  # still mapped


def test_a_model_that_is_absent_damaged_or_of_another_version_is_refused(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelUnusable, match="cannot be read"):
        load_model(tmp_path)
    monkeypatch.setattr("germane.recommend.storing.VERSION", 99)
    save_model(model, tmp_path)
    monkeypatch.undo()
    with pytest.raises(ModelUnusable, match="version 99"):
        load_model(tmp_path)
    save_model(model, tmp_path)
    factors = next(tmp_path.glob("trained-*/factors.npy"))
    factors.write_bytes(factors.read_bytes()[:100])
    with pytest.raises(ModelUnusable, match="cannot be read"):
        load_model(tmp_path)
    assert SharedModel(tmp_path).current() is None
    (tmp_path / MANIFEST).write_bytes(b"{")
    with pytest.raises(ModelUnusable, match="cannot be read"):
        load_model(tmp_path)
