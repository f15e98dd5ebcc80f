"""What is known between lists: nothing is lost, undone or brought back, and links are followed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.port import Json, Listing, WatchEvent
from bot.watching.picture import Picture
from bot.watching.seen import seen
from tests.incidents.diagnoses import START, after
from tests.watching.objects import NS, ended, plan, running


def listing(*names: str, version: int = 10) -> Listing:
    return Listing(tuple(thing(name, version) for name in names), str(version))


def thing(name: str, version: int) -> Json:
    meta = {"name": name, "namespace": NS, "uid": name, "resourceVersion": str(version)}
    return {"kind": "MigPlan", "metadata": meta}


def names(picture: Picture) -> dict[str, str]:
    return {each.name: each.version for each in picture.of("MigPlan")}


def replace(picture: Picture, *pages: Listing, kind: Kind = k.MIGPLAN) -> None:
    with picture.listing(kind) as update:
        for page in pages:
            update.add(page)


class TestLists:
    def test_one_under_way_does_not_undo_what_a_watch_told_meanwhile(self) -> None:
        picture = Picture()
        with picture.listing(k.MIGPLAN) as update:
            update.add(listing("a"))
            picture.apply(k.MIGPLAN, WatchEvent("MODIFIED", thing("a", 12)))
            picture.apply(k.MIGPLAN, WatchEvent("DELETED", thing("b", 13)))
            update.add(listing("b"))
        assert names(picture) == {"a": "12"}

    def test_a_later_one_is_the_truth(self) -> None:
        picture = Picture()
        picture.apply(k.MIGPLAN, WatchEvent("ADDED", thing("ghost", 5)))
        replace(picture, listing("a"))
        assert names(picture) == {"a": "10"}

    def test_one_with_holes_makes_nobody_gone(self) -> None:
        picture = Picture()
        replace(picture, listing("a"))
        assert picture.whole() == {"MigPlan"}
        replace(picture, Listing((), "11", ("migplan/a could not be parsed",)))
        assert picture.whole() == frozenset()

    def test_one_that_breaks_off_leaves_everything_as_it_was(self) -> None:
        picture = Picture()
        replace(picture, listing("a"))
        with pytest.raises(ConnectionError), picture.listing(k.MIGPLAN) as update:
            update.add(listing("b", version=20))
            raise ConnectionError
        assert names(picture) == {"a": "10"}
        assert picture.version(k.MIGPLAN) == "10"

    def test_pages_are_watched_on_from_the_version_of_the_first(self) -> None:
        picture = Picture()
        replace(picture, listing("a"), listing("b", version=11))
        assert names(picture) == {"a": "10", "b": "11"}
        assert picture.version(k.MIGPLAN) == "10"

    @pytest.mark.parametrize("odd", [None, 7, [], {}, {"metadata": None}, {"metadata": {}}])
    def test_what_has_no_name_is_left_out(self, odd: object) -> None:
        picture = Picture()
        replace(picture, Listing((odd, thing("a", 1)), "1"))  # type: ignore[arg-type]
        picture.apply(k.MIGPLAN, WatchEvent("ADDED", odd))  # type: ignore[arg-type]
        assert names(picture) == {"a": "1"}


class TestChanges:
    def test_a_list_that_says_the_same_changes_nothing(self) -> None:
        picture = Picture()
        replace(picture, listing("a", "b"))
        assert {each.name for each in picture.changes().touched} == {"a", "b"}
        replace(picture, listing("a", "b"))
        assert picture.changes().touched == ()

    def test_what_went_is_told_once(self) -> None:
        picture = Picture()
        replace(picture, listing("a", "b"))
        picture.changes()
        picture.apply(k.MIGPLAN, WatchEvent("DELETED", thing("a", 12)))
        assert [each.name for each in picture.changes().gone] == ["a"]
        replace(picture, listing(version=13))
        assert [each.name for each in picture.changes().gone] == ["b"]
        assert picture.changes().gone == ()

    def test_an_old_event_replayed_changes_nothing(self) -> None:
        picture = Picture()
        replace(picture, listing("a"))
        picture.changes()
        picture.apply(k.MIGPLAN, WatchEvent("MODIFIED", thing("a", 9)))
        assert picture.changes().touched == ()
        assert names(picture) == {"a": "10"}


def test_the_newest_migrations_are_known_whatever_comes_and_goes() -> None:
    picture = Picture()
    made = [running(f"m-{n}", "shop", at=after(n % 3)) for n in range(9)]
    replace(picture, Listing(tuple(made)), kind=k.MIGMIGRATION)
    assert [m.name for m in picture.newest(4)] == ["m-8", "m-5", "m-2", "m-7"]
    for gone in (made[5], made[0]):
        picture.apply(k.MIGMIGRATION, WatchEvent("DELETED", gone))
    picture.apply(k.MIGMIGRATION, WatchEvent("MODIFIED", running("m-2", "shop", at=after(9))))
    assert [m.name for m in picture.newest(4)] == ["m-2", "m-8", "m-7", "m-4"]
    replace(picture, Listing((running("late", "shop", at=after(5)), made[1])), kind=k.MIGMIGRATION)
    assert [m.name for m in picture.newest(4)] == ["late", "m-1"]


class TestLinks:
    def test_migrations_are_found_by_their_plan_until_they_are_moved_or_deleted(self) -> None:
        picture = Picture()
        replace(picture, Listing((running("a", "shop"), running("b", "shop"))), kind=k.MIGMIGRATION)
        assert {m.name for m in picture.linked("MigMigration", "MigPlan/shop")} == {"a", "b"}
        picture.apply(k.MIGMIGRATION, WatchEvent("MODIFIED", running("a", "cart")))
        picture.apply(k.MIGMIGRATION, WatchEvent("DELETED", running("b", "shop")))
        assert picture.linked("MigMigration", "MigPlan/shop") == ()
        assert [m.name for m in picture.linked("MigMigration", "MigPlan/cart")] == ["a"]

    def test_plans_are_found_by_cluster_and_store(self) -> None:
        picture = Picture()
        replace(picture, Listing((plan("shop"),)))
        for link in ("MigCluster/ocp3", "MigCluster/host", "MigStorage/s3"):
            assert [p.name for p in picture.linked("MigPlan", link)] == ["shop"]

    def test_one_made_anew_under_an_old_name_is_the_one_at_that_place(self) -> None:
        picture = Picture()
        old, new = thing("a", 1), thing("a", 3)
        new["metadata"]["uid"] = "another"
        picture.apply(k.MIGPLAN, WatchEvent("ADDED", old))
        picture.apply(k.MIGPLAN, WatchEvent("ADDED", new))
        picture.apply(k.MIGPLAN, WatchEvent("DELETED", old))
        at = picture.at("MigPlan/a")
        assert at is not None
        assert at.uid == "another"


class TestPacking:
    def test_an_object_comes_back_as_it_was_but_for_what_says_nothing(self) -> None:
        whole = ended("shop-1", "shop", "Failed", START)
        noisy = {**whole, "metadata": {**whole["metadata"], "managedFields": [{"manager": "oc"}]}}
        noisy["metadata"]["annotations"] = {
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "kept": "yes",
        }
        found = seen(k.MIGMIGRATION, noisy)
        assert found is not None
        assert found.done
        expected = {**whole, "metadata": {**whole["metadata"], "annotations": {"kept": "yes"}}}
        assert found.object == expected

    def test_an_object_nested_beyond_measure_keeps_its_name(self) -> None:
        deep: Any = []
        for _ in range(5000):
            deep = [deep]
        found = seen(k.MIGPLAN, {**thing("a", 1), "spec": deep})
        assert found is not None
        assert found.object["metadata"]["name"] == "a"

    def test_a_name_that_is_no_text_of_any_kind_does_no_harm(self) -> None:
        found = seen(k.MIGPLAN, thing("a\ud800", 1))
        assert found is not None
        assert found.object["metadata"]["name"] == "a?"

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "metadata",
                            "name",
                            "uid",
                            "labels",
                            "migmigration",
                            "ownerReferences",
                            "spec",
                            "migPlanRef",
                            "status",
                            "phase",
                            "resourceVersion",
                            "annotations",
                        ]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        )
    )
    def test_no_object_is_too_odd(self, odd: Any) -> None:
        for kind in k.WATCHED_KINDS:
            found = seen(kind, odd)
            if found is not None:
                assert isinstance(found.object, dict)
                picture = Picture()
                picture.apply(kind, WatchEvent("ADDED", odd))
                assert picture.of(kind.kind) == (found,)
