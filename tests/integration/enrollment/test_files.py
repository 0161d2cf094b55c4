"""R22, R41: neither the name of an uploaded file nor the URL of an export brings a personal number in or back."""

import pytest

from tests.integration.enrollment.lists import as_csv, someone
from tests.integration.enrollment.season import GUANGDONG, SCHOOL, Season
from tests.integration.enrollment.test_privacy import everything
from tests.integration.enrollment.workbooks import FileClient
from tests.support.principals import MINISTRY

ID_NUMBER, MOBILE = "110101199003077758", "13800138000"


async def test_a_roster_is_stored_under_the_name_of_its_file(season: Season, files: FileClient) -> None:
    await season.publish()
    status, summary = await files.upload(SCHOOL, as_csv([someone(1)]), " 2024年\u200b名单（第一批）.csv ")
    assert (status, summary["total"], summary["good"]) == (201, 1, 1)
    stored = await season.database["rosters"].find_one({"_id": summary["id"]})
    assert stored
    assert stored["file_name"] == "2024年名单（第一批）.csv"


@pytest.mark.parametrize(
    "name",
    [f"张三{ID_NUMBER}.csv", f"{MOBILE}.csv", "138\u20140013\u20148000.csv", "138\u200b0013\u200b8000.csv", "a\nb.csv"],
)
async def test_r41_a_file_name_that_is_no_fit_text_is_refused_and_nothing_is_stored(
    season: Season, files: FileClient, name: str
) -> None:
    await season.publish()
    status, answer = await files.upload(SCHOOL, as_csv([someone(1)]), name)
    (error,) = answer["errors"]
    assert (status, error["extensions"]["code"], error["extensions"]["field"]) == (400, "INVALID_TEXT", "filename")
    assert await season.database["rosters"].count_documents({}) == 0
    seen = await everything(season) + str(answer)
    assert ID_NUMBER not in seen
    assert MOBILE not in seen


@pytest.mark.parametrize("number", [ID_NUMBER, MOBILE])
async def test_r41_no_answer_repeats_a_number_from_the_url_of_an_export(files: FileClient, number: str) -> None:
    asked = [
        (MINISTRY, f"projects/{number}", {}),
        (MINISTRY, f"schools/{number}", {"year": "2024"}),
        (MINISTRY, f"provinces/{number}", {"year": "2024"}),
        (GUANGDONG, "provinces/44", {"year": number}),
        (GUANGDONG, "provinces/44", {"year": "2024", "status": number}),
    ]
    for who, path, query in asked:
        status, content, _ = await files.ask(who, path, **query)
        assert status in {400, 404}
        assert number not in content.decode()
