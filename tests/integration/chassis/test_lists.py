"""Several lists are read in one operation, with the same rows as one by one (notes N9)."""

from chassis.storage.mongo import Database
from chassis.storage.paging import after_position, counts, pages

ORDER = [("name", -1), ("_id", 1)]
SCHOOLS = ("s0", "s1", "s2", "none")


async def test_lists_read_in_one_operation_are_the_same_as_read_one_by_one(database: Database) -> None:
    people = database["people"]
    rows = [
        {"_id": number, "school": f"s{number % 3}", "name": f"n{number % 5}", "events": [1]} for number in range(30)
    ]
    await people.insert_many(rows)
    after = after_position(ORDER, ("n3", 9))
    lists = [({"$and": [{"school": school}, after]}, limit) for school in SCHOOLS for limit in (2, 100)]
    together = await pages(people, lists, ORDER)
    alone = [await people.find(where, {"events": 0}, sort=ORDER, limit=limit).to_list() for where, limit in lists]
    assert together == alone
    assert [len(page) for page in together[:2]] == [2, 7]
    assert await counts(people, [where for where, _ in lists]) == [len(alone[place | 1]) for place in range(len(lists))]


async def test_a_single_list_is_read_too(database: Database) -> None:
    await database["people"].insert_one({"_id": 1})
    assert await pages(database["people"], [({}, 5)], [("_id", 1)]) == [[{"_id": 1}]]
    assert await counts(database["people"], [{"_id": 2}]) == [0]
