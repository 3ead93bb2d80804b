"""A model is its recipe: the same rows give the same model, other features are refused."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from detection.boosting import Boosting
from detection.bootstrap import rank, weigh
from detection.held_out import held_out_kinds
from detection.season_evaluation import (
    BY_CLUSTER,
    FLAT,
    LATER_WEEKS,
    MODEL,
    RULES,
    Judging,
    evaluate_season,
)
from detection.season_model import (
    LEAST_GROUPS,
    ROWS_SCHEMA,
    Recipe,
    examples,
    fit,
    predict,
    season_groups,
    training_rows,
)
from detection.season_thresholds import choose_threshold
from warehouse.errors import DetectionError

NAMES = ("links_bits", "flat_fills", "spread_size")
SMALL = Boosting(
    iterations=8, rate_millis=300, leaves=4, least_rows=5, l2_millis=0, columns_millis=1_000
)
JUDGING = Judging(seed=3, settings=SMALL, draws=30)


def made_up_rows(groups=60, tier="T2"):
    """Two weeks of each group: links_bits tells the labels apart, flat_fills hints at them."""
    draw = np.random.default_rng(7)
    label = np.arange(groups) % 2
    rows = []
    for week in ("S1W01", "S1W02"):
        for group in range(groups):
            features = (
                label[group] + draw.normal(0, 0.25),
                label[group] + draw.normal(0, 2),
                float("nan") if draw.random() < 0.3 else draw.normal(),
            )
            said = "flagged" if group % 3 == 0 else "passed"
            known = (week, f"K-{group:03d}", group, label[group], tier, 1_000)
            rows.append((*known, draw.random(), said, *features))
    schema = {**ROWS_SCHEMA, **dict.fromkeys(NAMES, pl.Float64)}
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.fixture(scope="module")
def rows():
    return made_up_rows()


@pytest.fixture(scope="module")
def model(rows):
    return fit(Recipe(rows, NAMES, SMALL, seed=1))


def asked(rows):
    return rows.select("cluster_id", *NAMES)


def test_the_same_recipe_is_the_same_model_in_any_order_of_rows(rows, model):
    again = fit(
        Recipe(rows.sample(fraction=1, shuffle=True, seed=2), NAMES, SMALL, 1), model.checks
    )
    assert again.fingerprint == model.fingerprint
    assert predict(again, asked(rows)).equals(predict(model, asked(rows)))


def test_probabilities_tell_the_labels_apart(rows, model):
    found = predict(model, asked(rows))["probability"].to_numpy()
    decided = rows["label"].to_numpy() == 1
    assert ((found > 0.5) == decided).mean() > 0.95


@pytest.mark.parametrize(
    "change",
    [
        lambda recipe: replace(recipe, seed=2),
        lambda recipe: replace(recipe, names=NAMES[::-1]),
        lambda recipe: replace(recipe, settings=replace(SMALL, leaves=5)),
        lambda recipe: replace(recipe, rows=recipe.rows.with_columns(pl.col("label") * 0)),
        lambda recipe: replace(recipe, rows=recipe.rows.with_columns(pl.col("flat_fills") + 1e-9)),
    ],
)
def test_whatever_changes_a_model_changes_its_fingerprint(rows, change):
    recipe = Recipe(rows, NAMES, SMALL, seed=1)
    assert change(recipe).fingerprint() != recipe.fingerprint()


def test_a_missing_value_is_one_value_in_the_fingerprint(rows):
    nulls = rows.with_columns(pl.col(NAMES).fill_nan(None))
    assert Recipe(nulls, NAMES).fingerprint() == Recipe(rows, NAMES).fingerprint()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (NAMES[:2], "lack .*spread_size"),
        ((*NAMES, "links_more"), "add .*links_more"),
        (NAMES[::-1], "another order"),
    ],
)
def test_other_features_are_refused(rows, model, columns, said):
    other = rows.with_columns(links_more=pl.lit(0.0)).select("cluster_id", *columns)
    with pytest.raises(DetectionError, match=said):
        predict(model, other)


def test_a_model_that_says_something_else_than_before_is_refused(rows, model):
    with pytest.raises(DetectionError, match="library"):
        fit(Recipe(rows, NAMES, SMALL, 1), tuple(check + 0.01 for check in model.checks))


def test_too_few_decisions_make_no_model():
    few = made_up_rows(2 * LEAST_GROUPS - 2)
    with pytest.raises(DetectionError, match=f"{LEAST_GROUPS - 1} groups"):
        fit(Recipe(few, NAMES, SMALL))


def test_nobody_is_asked_by_no_clusters(rows, model):
    assert predict(model, asked(rows).clear()).height == 0


def test_clusters_of_one_id_or_with_a_common_owner_are_one_group():
    members = pl.DataFrame(
        [
            ("W1", "K-1", "ann"),
            ("W2", "K-1", "ben"),  # the id goes on, all owners changed
            ("W2", "K-2", "ben"),  # and one of them is in another cluster too
            ("W2", "K-3", "eve"),
        ],
        schema=["week", "cluster_id", "owner_id"],
        orient="row",
    )
    assert season_groups(members).rows() == [
        ("W1", "K-1", 0),
        ("W2", "K-1", 0),
        ("W2", "K-2", 0),
        ("W2", "K-3", 1),
    ]


def test_rows_of_a_recipe_are_those_that_are_labelled(rows):
    features = rows.select("week", "cluster_id", "score", "by_rules", *NAMES)
    labels = rows.select("week", "cluster_id", "label", "tier", "weight_millis").head(70)
    members = rows.select("week", "cluster_id", owner_id="cluster_id")
    assert training_rows(features, labels, members).equals(
        rows.join(labels, on=["week", "cluster_id"], how="semi").sort("week", "cluster_id")
    )


def test_a_group_weighs_the_same_however_many_weeks_it_has(rows):
    once = rows.filter((pl.col("week") == "S1W01") | (pl.col("group") > 0))
    known = examples(once, NAMES)
    assert known.weights[known.groups == 0].sum() == known.weights[known.groups == 1].sum() == 1


# How it is judged ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def evaluation(rows):
    return evaluate_season(rows, NAMES, JUDGING)


def test_the_model_is_judged_beside_the_flat_features_and_the_rules(evaluation):
    assert [split.name for split in evaluation.splits] == [BY_CLUSTER, LATER_WEEKS]
    for split in evaluation.splits:
        by_name = {way.name: way for way in split.ways}
        assert list(by_name) == [MODEL, FLAT, RULES]
        assert by_name[MODEL].average_precision > 0.95
        assert by_name[RULES].average_precision < 0.7
        assert by_name[MODEL].brier < by_name[FLAT].brier
        assert split.over_flat.low > 0
        assert split.over_rules.low > 0
    assert (evaluation.splits[0].weeks, evaluation.splits[1].weeks) == (2, 1)


def test_the_rules_flag_whom_they_bring_and_order_the_others_by_the_score(rows):
    """They bring one group in three; the score alone would tell the labels apart."""
    told = rows.with_columns(score=pl.col("label") * 0.8 + 0.1)
    found = evaluate_season(told, NAMES, replace(JUDGING, draws=2))
    for split, weeks in zip(found.splits, (2, 1), strict=True):
        way = split.ways[2]
        assert (way.flagged, way.agreed) == (20, 10)
        assert (way.precision, way.recall) == (0.5, 10 / 30)
        by_hand = rank(told["label"].to_numpy()[: 60 * weeks] == 1, order(told.head(60 * weeks)))
        assert way.auc == pytest.approx(weigh(by_hand, np.ones(60 * weeks)).auc())
        assert way.auc < 0.9


def order(told):
    return told["score"].to_numpy() + 10 * (told["by_rules"] == "flagged").to_numpy()


def test_a_group_is_in_one_fold(evaluation):
    assert evaluation.scores.group_by("group").agg(pl.col("fold").n_unique())["fold"].max() == 1


def test_noise_is_worth_nothing_out_of_fold(rows):
    """Were a group's other week seen, its label could be remembered by the noise of its own."""
    draw = np.random.default_rng(1)
    noise = {name: np.tile(draw.normal(size=60), 2) for name in NAMES}
    found = evaluate_season(
        rows.with_columns(**{n: pl.Series(v) for n, v in noise.items()}), NAMES, JUDGING
    )
    for split in found.splits:
        assert 0.25 < split.ways[0].auc < 0.75


def test_who_judges_is_named(rows, evaluation):
    assert evaluation.judged_by == ("T1", "T2", "G1")
    mixed = rows.with_columns(
        tier=pl.when(pl.col("group") < 10).then(pl.lit("T2")).otherwise(pl.lit("T3"))
    )
    found = evaluate_season(mixed, NAMES, replace(JUDGING, draws=2))
    assert found.is_judged_by_few
    assert (found.judged_by, found.judging_rows) == (("T1", "T2", "G1", "T3"), 20)
    with pytest.raises(DetectionError, match="decide more"):
        evaluate_season(rows.with_columns(tier=pl.lit("T4")), NAMES, JUDGING)


def test_a_threshold_is_chosen_by_what_is_sure_and_never_below_even_chances(rows):
    known = examples(rows.filter(pl.col("week") == "S1W01"), NAMES)
    perfect = np.where(known.decided, 0.9, 0.1)
    assert choose_threshold(perfect, known, 0.8) == 0.9
    assert choose_threshold(perfect, known, 0.95) is None  # thirty of thirty are not enough
    assert choose_threshold(perfect / 2, known, 0.8) is None


def test_a_kind_that_was_never_taught_is_told_from_one_that_was(rows):
    """Half of the farms differ by another feature alone: untaught, the model does not see them."""
    other = (pl.col("label") == 1) & (pl.col("group") % 4 == 1)
    changed = rows.with_columns(
        links_bits=pl.when(other).then(pl.col("links_bits") - 1).otherwise("links_bits"),
        flat_fills=pl.lit(0.0),
        spread_size=pl.when(other).then(5.0).otherwise(0.0),
    )
    kinds = changed.filter(pl.col("label") == 1).select(
        "week", "cluster_id", kind=pl.when(other).then(pl.lit("new")).otherwise(pl.lit("old"))
    )
    found = held_out_kinds(changed, kinds, NAMES, JUDGING)
    assert found["kind"].to_list() == ["new", "old"]
    assert found["clusters"].to_list() == [15, 15]
    assert found["auc"][0] < 0.75
    whole = evaluate_season(changed, NAMES, replace(JUDGING, draws=2))
    assert whole.splits[0].ways[0].auc > 0.95
