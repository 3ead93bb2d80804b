"""The detection as a whole, on made-up exchanges whose farms and look-alikes we know."""

import random
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import polars as pl
from polars.testing import assert_frame_equal

from detection.detect import NO_PREVIOUS, detect
from detection.routes import flagged_scores, route
from detection.sparing import Tolerance
from detection.terms import DetectionTerms
from warehouse.findings import (
    BEGINNERS_SCHEMA,
    ECHOES_SCHEMA,
    MATCHES_SCHEMA,
    MEETINGS_SCHEMA,
    PASSED_SCHEMA,
    PATHS_SCHEMA,
    REPLAYS_SCHEMA,
    OrderFlow,
)

TERMS = DetectionTerms()
NOON = datetime(2025, 3, 24, 12, tzinfo=UTC).replace(tzinfo=None)


def found_in(exchange, as_of):
    return detect(exchange.sightings(), TERMS, NO_PREVIOUS, as_of)


def flagged_in(exchange, detection):
    nobody = Tolerance(declared_accounts=0, tolerated_owners=0)
    routed = route(detection, exchange.sightings().accounts, nobody, TERMS)
    return flagged_scores(detection, routed).filter("flagged")["account_id"].to_list()


def owners_of(detection, cluster_id):
    members = detection.members.filter(pl.col("cluster_id") == cluster_id)
    return set(members["owner_id"].to_list())


def with_frames(record, change):
    """The same sightings with every frame changed, those of order flow too."""
    parts = {each.name: getattr(record, each.name) for each in fields(record)}
    return replace(
        record,
        **{
            name: change(part) if isinstance(part, pl.DataFrame) else with_frames(part, change)
            for name, part in parts.items()
        },
    )


def groups(detection):
    return {frozenset(owners_of(detection, k)) for k in detection.clusters["cluster_id"]}


def test_a_planted_farm_is_found_whole_and_alone(exchange, as_of):
    farm = exchange.farm("farm", 12)
    for device in range(4):
        exchange.share_device(f"phone-{device}", farm[3 * device : 3 * device + 3])
    exchange.withdraw("sink", farm)
    detection = found_in(exchange, as_of)
    assert groups(detection) == {frozenset(farm)}
    assert detection.clusters["families"].to_list() == [["device", "funding"]]
    assert flagged_in(exchange, detection) == sorted(farm)


def test_every_account_has_a_score_between_zero_and_one(exchange, as_of):
    exchange.share_device("phone", exchange.farm("farm", 5))
    exchange.fund("somebody", exchange.farm("customer", 5))
    scores = found_in(exchange, as_of).scores
    assert scores["account_id"].to_list() == sorted(exchange.accounts)
    assert scores["score"].is_between(0, 1).all()
    assert scores.columns == ["account_id", "cluster_id", "score"]


def test_a_family_on_one_tablet_appears_as_linkage(exchange, as_of):
    family = exchange.farm("family", 3)
    exchange.share_device("tablet", family)
    detection = found_in(exchange, as_of)
    assert groups(detection) == {frozenset(family)}
    assert detection.clusters["families"].to_list() == [["device"]]


def test_sub_accounts_of_one_owner_are_no_evidence(exchange, as_of):
    desk = [exchange.account(f"desk-{n}", owner="desk") for n in range(8)]
    exchange.share_device("workstation", desk)
    exchange.withdraw("treasury", desk)
    detection = found_in(exchange, as_of)
    assert detection.edges.is_empty()
    assert detection.clusters.is_empty()


def test_a_cluster_lists_all_accounts_of_its_owners(exchange, as_of):
    main = exchange.account("main")
    exchange.account("sub", owner="main")
    other = exchange.account("other")
    exchange.share_device("phone", [main, other])
    detection = found_in(exchange, as_of)
    assert detection.members["account_id"].to_list() == ["main", "other", "sub"]
    assert detection.clusters.select("accounts", "owners").row(0) == (3, 2)


def test_a_carriers_gateway_is_cut_and_reported(exchange, as_of):
    crowd = exchange.farm("mobile", 400)
    exchange.meet("gateway", crowd)
    exchange.share_device("phone", crowd[:2])
    detection = found_in(exchange, as_of)
    assert detection.hubs.rows() == [("network", "network", "gateway", 400)]
    assert set(detection.edges["family"]) == {"device"}
    assert groups(detection) == {frozenset(crowd[:2])}


def test_a_hot_wallet_links_nobody_and_is_reported(exchange, as_of):
    exchange.fund("hot wallet", exchange.farm("customer", 900))
    detection = found_in(exchange, as_of)
    assert detection.hubs.rows() == [("funding", "deposit_source", "hot wallet", 900)]
    assert detection.edges.is_empty()


def test_dust_links_no_strangers(exchange, as_of):
    victims = exchange.farm("victim", 20)
    exchange.fund("attacker", victims)
    attacker = exchange.account("attacker-account")
    for victim in victims:
        exchange.send(attacker, victim)
    detection = found_in(exchange, as_of)
    assert detection.edges.height > 0
    assert not detection.pairs["kept"].any()
    assert detection.clusters.is_empty()
    assert flagged_in(exchange, detection) == []


def test_dust_and_a_shared_vpn_do_not_tie_strangers_to_a_farm(exchange, as_of):
    """Two one-sided families agree, and still link nobody: one attacker can make both."""
    farm, victims = exchange.farm("farm", 6), exchange.farm("victim", 10)
    exchange.share_device("phone", farm)
    exchange.withdraw("sink", farm)
    exchange.fund("operator", farm + victims)
    exchange.meet("vpn", farm + victims)
    for victim in victims:
        exchange.send(farm[0], victim)
    detection = found_in(exchange, as_of)
    assert groups(detection) == {frozenset(farm)}
    assert flagged_in(exchange, detection) == sorted(farm)


def test_strangers_who_follow_a_feed_that_is_a_day_late_are_not_flagged(exchange, as_of):
    leader, *followers = exchange.farm("trader", 3)
    echoes = [_echoed(leader, followers[0], 24), _echoed(leader, followers[1], 24.2)]
    flow = OrderFlow(echoes=pl.DataFrame(echoes, schema=ECHOES_SCHEMA))
    detection = detect(replace(exchange.sightings(), flow=flow), TERMS, NO_PREVIOUS, as_of)
    assert detection.edges.height == 3
    assert groups(detection) == set()
    assert flagged_in(exchange, detection) == []


def test_nothing_that_a_third_party_can_do_alone_flags_anybody(exchange, as_of):
    """All at once, and much of it: whoever is innocent is neither linked nor flagged."""
    farm, victims = exchange.farm("poisoner", 6), exchange.farm("victim", 30)
    exchange.share_device("phone", farm)
    exchange.withdraw("sink", farm)
    leader = exchange.account("leader")
    exchange.fund("dust", [*farm, *victims])
    for hour in range(24):
        exchange.meet("vpn", [*farm, *victims[:20]], NOON + timedelta(hours=hour))
    for victim in victims:
        exchange.send(farm[0], victim)
    flow = OrderFlow(
        meetings=pl.DataFrame([_met(farm[1], v) for v in victims], schema=MEETINGS_SCHEMA),
        matches=pl.DataFrame([_hit(farm[2], v) for v in victims], schema=MATCHES_SCHEMA),
        replays=pl.DataFrame(
            [_repeated(f, v) for f in farm[:2] for v in victims[:28]], schema=REPLAYS_SCHEMA
        ),
        # The last two follow a leader, a day late; so the farm follows both.
        echoes=pl.DataFrame(
            [_echoed(leader, one, 24) for one in [*farm[4:], *victims[28:]]]
            + [_echoed(f, v, -0.2) for f in farm[4:] for v in victims[28:]],
            schema=ECHOES_SCHEMA,
        ),
    )
    beginners = [(farm[0], farm[0], v, v, NOON, 1, 30, 30) for v in victims]
    gifts = [
        (v, v, "deposit_origin", "gift", 1, v in farm, 36, NOON, NOON, 1) for v in [*farm, *victims]
    ]
    passed = [(farm[3], farm[3], v, v, NOON, NOON, 1, 1, False) for v in victims]
    sightings = replace(
        exchange.sightings(),
        flow=flow,
        beginners=pl.DataFrame(beginners, schema=BEGINNERS_SCHEMA, orient="row"),
        paths=pl.DataFrame(gifts, schema=PATHS_SCHEMA, orient="row"),
        passed=pl.DataFrame(passed, schema=PASSED_SCHEMA, orient="row"),
    )
    detection = detect(sightings, TERMS, NO_PREVIOUS, as_of)
    touched = detection.edges.filter(pl.col("owner_b").str.starts_with("victim"))
    assert set(touched["signal"]) >= {"opposite", "counterparty", "replay", "referral", "network"}
    assert groups(detection) == {frozenset(farm)}
    assert flagged_in(exchange, detection) == sorted(farm)


def _met(poisoner, victim):
    """The other side of all that a victim takes, a moment later."""
    return {
        "owner_a": poisoner, "account_a": poisoner, "owner_b": victim, "account_b": victim,
        "seconds": 5, "coincidences": 60, "expected_millionths": 100_000, "bought_by_a": 30,
        "begun_by_a": 0, "same_side": 0, "open_bps": 100, "first_seen": NOON, "last_seen": NOON,
    }  # fmt: skip


def _hit(poisoner, victim):
    """All resting orders of a victim."""
    return {
        "maker_owner": victim, "maker_account": victim, "taker_owner": poisoner,
        "taker_account": poisoner, "market": "P", "fills": 80, "expected_millionths": 500_000,
        "bought_cents": 0, "traded_cents": 9_000, "first_seen": NOON, "last_seen": NOON,
    }  # fmt: skip


def _repeated(poisoner, victim):
    """All that a victim does, a day later."""
    return {
        "owner_a": poisoner, "account_a": poisoner, "owner_b": victim, "account_b": victim,
        "coincidences": 20, "weighted_millionths": 18_000_000, "expected_millionths": 50_000,
        "begun_by_a": 0, "begun_by_b": 20, "first_seen": NOON, "last_seen": NOON,
    }  # fmt: skip


def _echoed(first, then, hours):
    """All that somebody does, always as much later."""
    return {
        "owner_a": first, "account_a": first, "owner_b": then, "account_b": then,
        "coincidences": 25, "days": 20, "expected_millionths": 20_000,
        "lag_us": int(hours * 3_600_000_000), "lags": 2_000, "first_seen": NOON, "last_seen": NOON,
    }  # fmt: skip


def test_two_families_link_where_each_alone_is_too_weak(exchange, as_of):
    """A device of sixty weighs 4 bits; only those of them who share more are linked."""
    kiosk = exchange.farm("guest", 60)
    exchange.share_device("kiosk", kiosk)
    exchange.meet("flat", kiosk[:2])
    detection = found_in(exchange, as_of)
    assert 0 < detection.edges.filter(pl.col("family") == "device")["weight_millibits"][0] < 5_000
    assert groups(detection) == {frozenset(kiosk[:2])}


def test_an_address_counts_only_within_the_hour(exchange, as_of):
    day, night = exchange.farm("guest", 2)
    exchange.meet("hotel", [day])
    exchange.meet("hotel", [night], hour=exchange.networks[0][3] + timedelta(hours=9))
    assert found_in(exchange, as_of).edges.is_empty()


def test_transfers_both_ways_are_two_sided_and_one_way_is_not(exchange, as_of):
    ann, ben, cid = exchange.farm("friend", 3)
    exchange.send(ann, ben)
    exchange.send(ben, ann)
    exchange.send(ann, cid)
    edges = found_in(exchange, as_of).edges
    assert edges.select("account_a", "account_b", "two_sided").rows() == [
        (ann, ben, True),
        (ann, cid, False),
    ]


def test_a_merchant_who_pays_hundreds_is_a_hub(exchange, as_of):
    merchant = exchange.account("merchant")
    for customer in exchange.farm("customer", 200):
        exchange.send(customer, merchant)
        exchange.send(merchant, customer)
    detection = found_in(exchange, as_of)
    assert detection.edges.is_empty()
    assert detection.hubs.rows() == [("funding", "direct_transfer", "merchant", 201)]


def busy_exchange(exchange):
    """Farms, families and noise enough that any order could show."""
    draw = random.Random(3)
    for number in range(30):
        farm = exchange.farm(f"farm{number:02d}", draw.randint(2, 25))
        for start in range(0, len(farm), 4):
            exchange.share_device(f"d{number}-{start}", farm[start : start + 5])
        exchange.withdraw(f"sink{number}", farm)
        exchange.meet(f"ip{number}", farm)
    names = list(exchange.accounts)
    for number in range(300):
        exchange.share_device(f"noise{number}", draw.sample(names, 2))
        exchange.fund(f"source{number}", draw.sample(names, draw.randint(2, 90)))
        exchange.send(*draw.sample(names, 2))
    return exchange


def test_the_order_of_the_sightings_does_not_show(exchange, as_of):
    sightings = busy_exchange(exchange).sightings()
    seeds = iter(range(100))
    shuffled = with_frames(
        sightings, lambda each: each.sample(fraction=1, shuffle=True, seed=next(seeds))
    )
    first = detect(sightings, TERMS, NO_PREVIOUS, as_of)
    second = detect(shuffled, TERMS, NO_PREVIOUS, as_of)
    for each in fields(first):
        assert_frame_equal(getattr(first, each.name), getattr(second, each.name))


def test_a_second_run_on_the_same_data_changes_nothing(exchange, as_of):
    sightings = busy_exchange(exchange).sightings()
    first = detect(sightings, TERMS, NO_PREVIOUS, as_of)
    second = detect(sightings, TERMS, previous_of(first), as_of + timedelta(days=1))
    assert_frame_equal(first.clusters, second.clusters)
    assert_frame_equal(first.members, second.members)


def previous_of(detection):
    return detection.members.join(detection.clusters, on="cluster_id").select(
        "cluster_id", "account_id", "first_found_at"
    )


def test_ids_survive_the_loss_of_a_twentieth_of_the_evidence(exchange, as_of):
    sightings = busy_exchange(exchange).sightings()
    first = detect(sightings, TERMS, NO_PREVIOUS, as_of)
    thinner = replace(
        sightings,
        devices=sightings.devices.sample(fraction=0.95, seed=1),
        addresses=sightings.addresses.sample(fraction=0.95, seed=2),
        networks=sightings.networks.sample(fraction=0.95, seed=3),
    )
    second = detect(thinner, TERMS, previous_of(first), as_of + timedelta(days=7))
    big = first.clusters.filter(pl.col("owners") >= 5)["cluster_id"]
    assert set(big) <= set(second.clusters["cluster_id"])
    both = first.members.join(second.members, on="account_id")
    same = (both["cluster_id"] == both["cluster_id_right"]).mean()
    assert same > 0.97


def test_ids_survive_growth(exchange, as_of):
    farm = exchange.farm("farm", 10)
    exchange.share_device("phone", farm)
    first = found_in(exchange, as_of)
    late = exchange.farm("late", 15)
    exchange.share_device("phone", late)
    second = detect(exchange.sightings(), TERMS, previous_of(first), as_of + timedelta(days=7))
    assert second.clusters["cluster_id"].to_list() == first.clusters["cluster_id"].to_list()
    assert second.clusters["first_found_at"].to_list() == [as_of.replace(tzinfo=None)]
    assert second.clusters["owners"].to_list() == [25]


def test_nobody_at_all_is_no_error(as_of, exchange):
    empty = with_frames(exchange.sightings(), pl.DataFrame.clear)
    detection = detect(empty, TERMS, NO_PREVIOUS, as_of)
    assert all(getattr(detection, each.name).is_empty() for each in fields(detection))
