"""A bounded cache: what was used longest ago goes first, by number and by weight."""

from chassis.cache import Cache


def test_the_entry_used_longest_ago_goes_first() -> None:
    cache: Cache[str, int] = Cache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    assert cache.put("c", 3) == 3
    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_entries_are_bounded_by_what_they_weigh_together() -> None:
    cache: Cache[str, int] = Cache(10, characters=100)
    cache.put("a", 1, 40)
    cache.put("b", 2, 40)
    cache.put("a", 3, 60)
    assert [cache.get(key) for key in "ab"] == [3, 2]
    cache.put("c", 4, 1)
    assert [cache.get(key) for key in "abc"] == [None, 2, 4]


def test_an_entry_that_is_heavier_than_all_may_be_is_not_kept_and_takes_nobodys_place() -> None:
    cache: Cache[str, int] = Cache(10, characters=100)
    cache.put("a", 1, 40)
    cache.put("b", 2, 40)
    assert cache.put("a", 3, 101) == 3
    assert [cache.get(key) for key in "ab"] == [None, 2]


def test_an_entry_that_is_false_is_an_entry() -> None:
    cache: Cache[str, int] = Cache(10)
    cache.put("a", 0)
    assert cache.get("a") == 0
