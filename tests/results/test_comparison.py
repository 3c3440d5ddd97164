"""Several jobs beside each other."""

from __future__ import annotations

from semseg.results.comparison import ComparedJob, Comparison
from tests.results.examples import epochs, evaluation

FIRST = ComparedJob("street-1", evaluation(), epochs(), "crops", {"epochs": "3", "optimizer": "sgd"}, 183)
SECOND = ComparedJob("street-2", None, epochs()[:1], "whole pictures", {"epochs": "5", "optimizer": "sgd", "seed": "1"})


def test_jobs_stand_beside_each_other_and_crops_beside_no_whole_pictures() -> None:
    assert str(Comparison([FIRST, SECOND])).splitlines() == [
        "                                                   street-1          street-2",
        "mIOU of whole pictures                               0.6286                 -",
        "pixel accuracy                                       0.9100                 -",
        "mean Dice                                            0.6888                 -",
        "frequency-weighted IoU                               0.8754                 -",
        "highest validation mIOU of crops           0.6250 (epoch 2)                 -",
        "highest validation mIOU of whole pictures                 -  0.4000 (epoch 1)",
        "epochs trained                                            3                 1",
        "time                                                   3:03                 -",
        "IoU 0 sky                                            0.9524                 -",
        "IoU 1 road                                           0.8333                 -",
        "IoU 2 pole <1>                                       0.1000                 -",
        "epochs                                                    3                 5",
        "seed                                                      -                 1",
    ]


def test_only_hyperparameters_that_differ_are_told() -> None:
    assert Comparison([FIRST, SECOND]).differing() == {"epochs": ["3", "5"], "seed": ["", "1"]}


def test_a_notebook_shows_a_table_and_the_curves_of_each_kind_of_score() -> None:
    shown = Comparison([FIRST, SECOND])._repr_html_()
    assert shown.count('role="img"') == 2
    assert "IoU 2 pole &lt;1&gt;" in shown
    assert 'aria-label="validation mIOU of crops: street-1: 0.625 in epoch 2"' in shown


def test_a_page_that_allows_no_inline_styles_can_show_a_comparison() -> None:
    shown = Comparison([FIRST, SECOND]).html()
    assert "style" not in shown
    assert '<th scope="col">street-1</th><th scope="col">street-2</th>' in shown


def test_jobs_without_any_score_can_be_compared() -> None:
    rows = Comparison([ComparedJob("a"), ComparedJob("b")]).rows()
    assert rows == [["epochs trained", "-", "-"], ["time", "-", "-"]]
