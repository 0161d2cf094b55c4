"""What comes after the training, as `make demo` plays it; an outsider has recomputed it there (R32, R34-R39, R42)."""

from deploy.demo import documents
from deploy.demo.story import TEACHING, Story
from deploy.seed.world import BASES

CERTIFICATES = """query($id: ID!) { project(id: $id) { enrollments(first: 20) { nodes {
  certificate { number state revocation } } } } }"""
FINDINGS = "query { findings(year: 2024) { nodes { severity state project { id } } } }"


async def test_r32_a_class_has_its_certificates_of_which_one_is_revoked(story: Story) -> None:
    project = story.projects["智能制造专业教学能力提升1期"]
    nodes = (await story.seeded.ministry.ask(CERTIFICATES, id=project))["project"]["enrollments"]["nodes"]
    states = sorted(node["certificate"]["state"] for node in nodes if node["certificate"])
    assert states == ["REVOKED", *["VALID"] * 7]
    assert [node["certificate"]["revocation"] for node in nodes if node["certificate"]].count("FRAUD") == 1


async def test_r36_the_survey_is_published_and_too_few_answers_are_not(story: Story) -> None:
    """Six have answered the survey, and nobody the evaluation of teaching."""
    project = story.projects["智能制造专业教学能力提升1期"]
    found = (await story.seeded.ministry.ask(documents.INSTRUMENTS, id=project))["project"]["instruments"]
    by_kind = {each["kind"]: each for each in found}
    assert by_kind["SATISFACTION"]["result"] == {"counted": 6, "meanHundredths": 400}
    assert (by_kind["TEACHING"]["state"], by_kind["TEACHING"]["result"]) == ("SUPPRESSED", None)


async def test_r37_every_project_of_the_sample_has_its_finding(story: Story) -> None:
    nodes = (await story.seeded.ministry.ask(FINDINGS))["findings"]["nodes"]
    assert {(node["severity"], node["state"]) for node in nodes} == {("NONE", "CLOSED")}
    assert len({node["project"]["id"] for node in nodes}) == len(nodes) == 2


async def test_r42_the_ministrys_table_adds_up(story: Story) -> None:
    rows = await story.seeded.ministry.do(documents.YEAR_TABLE, year=2024)
    assert sum(row["published"] for row in rows) == len(story.projects)
    (held,) = (row for row in rows if row["assessed"])
    assert held["held"] >= 1
    assert (held["category"], held["assessed"], held["passed"]) == ("DUAL_QUALIFIED_TEACHER", 10, 8)
    assert held["satisfaction"] == {"sheets": 6, "meanHundredths": 400}


async def test_r38_the_grades_of_a_year_are_public_and_their_points_are_not(story: Story) -> None:
    public = story.provisioner.public
    grades = await public.do(documents.GRADES, year=2024)
    assert {each["base"]["id"] for each in grades} <= set(story.seeded.base_ids.values())
    assert grades
    answer = await public.execute(documents.ASSESSMENTS, year=2024)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


async def test_r39_the_next_years_quotas_are_what_the_grades_propose(story: Story) -> None:
    """The provisional quota was adjusted by the proposal, which is adopted, and no other is open."""
    listed = await story.seeded.ministry.do(documents.QUOTA_PROPOSALS, year=2025)
    assert {each["state"] for each in listed} == {"ADOPTED"}
    base = story.seeded.base_ids[BASES[TEACHING].name]
    assert (await story.seeded.ministry.do(documents.QUOTA, id=base, year=2025))["quota"]["limit"] > 1
