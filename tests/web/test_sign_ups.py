"""Sign-ups by mouse: from the teacher and the roster to the seat and the payment."""

import json

from deploy.seed.load import ADD_TEACHERS
from tests.support.chromium import phone
from tests.support.eventually import eventually
from tests.support.identity_numbers import id_number
from tests.web.site import (
    BASE,
    BY_CODE,
    CLASS,
    CLICKS,
    LOGINS,
    TEACHER,
    THERE,
    Site,
    barriers,
    choose,
    drop,
    look,
    sign_in,
    task,
    tick,
)

STAFF = "{ mySchool { teachers(first: 50) { nodes { id name enrollments(first: 1) { totalCount } } } } }"
HEADER = "姓名,身份证号码,手机号码,岗位,专兼职,职称,专业大类,项目编号"
RANKED = """query($project: ID) { mySchool { enrollments(first: 50, orderBy: RANK,
  filter: {project: $project, year: 2024}) { nodes { id status project { id } } } } }"""
ENROL = (
    "mutation($project: ID!, $teachers: [ID!]!) { enrollTeachers(projectId: $project, teacherIds: $teachers) { id } }"
)


async def test_r21_a_school_ranks_a_whole_list_and_no_part_of_one(site: Site) -> None:
    """A ranking names first whom it puts first: those that it does not name come after."""
    school = await site.public.login(site.person, site.password, "school")
    listed = (await school.ask(RANKED))["mySchool"]["enrollments"]["nodes"]
    project = next(row["project"]["id"] for row in listed if row["status"] in {"SIGNED_UP", "SUBMITTED"})
    known = {"mobile": "13712340002", "post": "TEACHER", "employment": "FULL_TIME", "title": "讲师", "majorCategory": 6}
    people = {"段文博": id_number(781), "段文清": id_number(782)}
    rows = [{"name": name, "idNumber": number} | known for name, number in people.items()]
    added = await school.do(ADD_TEACHERS, rows=rows)
    await school.do(ENROL, project=project, teachers=[row["teacher"]["id"] for row in added])

    async def order() -> list[str]:
        rows = (await school.ask(RANKED, project=project))["mySchool"]["enrollments"]["nodes"]
        return [row["id"] for row in rows if row["status"] in {"SIGNED_UP", "SUBMITTED"}]

    first, second, *rest = await order()
    assert rest
    async with phone(site.home / "ranks") as tab:
        await sign_in(tab, site, "school", site.person)
        await tab.reads("等我办理")
        for part in ("&q=%E6%9D%8E", "&status=SIGNED_UP", "&order=NAME"):
            await tab.open(f"{site.suite.url}/console/enrollments?project={project}{part}")
            await tab.until(THERE)
            assert "保存排序" not in await tab.evaluate("document.body.innerText")
        await tab.open(f"{site.suite.url}/console/enrollments?project={project}")
        await tab.press("↓", "main")
        await tab.press("保存排序", "main")

        async def saved() -> bool:
            return await order() == [second, first, *rest]

        await eventually(saved)


async def test_r19_r22_r23_a_teacher_signs_up_the_school_submits_and_the_base_accepts(site: Site) -> None:
    """By mouse alone, from the public page of a project to the seat."""
    async with phone(site.home / "teacher-signs-up") as tab:
        await tab.open(f"{site.suite.url}/projects/{CLASS}")
        await tab.press("我要报名")
        await tab.write("#field-login", TEACHER)
        await tab.write("#field-password", site.password)
        await tab.press("登录", "main")
        await tab.reads("以 ")
        await tab.press("报名", "main")
        await tab.reads("待学校提交")
        assert tab.clicks <= CLICKS["sign up from a link"]
        name = await tab.text(".who")
        assert not tab.complaints
    async with phone(site.home / "school-submits") as tab:
        await sign_in(tab, site, "school", site.person)
        await task(tab, "提交报名")
        await tick(tab, name)
        await tab.press("提交给基地")
        await tab.reads("已提交 1 人")
        assert tab.clicks <= CLICKS["submit"]
        assert not tab.complaints
    async with phone(site.home / "base-accepts") as tab:
        await sign_in(tab, site, "base", BASE)
        await task(tab, "核准报名")
        project = await site.public.ask("query($code: String!) { projectByCode(code: $code) { id } }", code=CLASS)
        address = f"{site.suite.url}/console/projects/{project['projectByCode']['id']}"
        await tick(tab, name)
        await tab.press("录取", "main")
        await tab.reads("已办理 1 人")
        assert tab.clicks <= CLICKS["decide a class"]
        await tab.open(f"{address}?status=ACCEPTED")
        await tab.reads(name)
        assert not tab.complaints


async def test_r23_r25_a_base_orders_its_waiting_list_and_corrects_a_decision(site: Site) -> None:
    found = (await site.public.ask(BY_CODE, code="2024-DQT-001-01"))["projectByCode"]
    address = f"/console/projects/{found['id']}"
    async with phone(site.home / "waits") as tab:
        await sign_in(tab, site, "base", BASE)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}{address}?status=REJECTED")
        await tab.press("更正")
        await choose(tab, "select[name^=decision]", "WAITLIST")
        await tab.write("input[name^=reason]", "资料复核后符合条件")
        assert await barriers(tab, site) == []
        await tab.press("确认更正")
        await tab.reads("没有符合条件的报名人员")
        await tab.open(f"{site.suite.url}{address}/waitlist")
        names = (
            "[...document.querySelectorAll('tbody tr')].filter((row) => row.querySelector('.rank'))"
            ".map((row) => row.querySelector('th').innerText)"
        )
        await tab.until(f"({names}).length > 1")
        before = await tab.evaluate(names)
        await tab.evaluate("document.querySelector('.rank button:last-child').click()")
        await tab.press("保存次序")
        await tab.until(
            f"document.querySelector('main .button.first').disabled && ({names})[0] === {json.dumps(before[1])}"
        )
        await tab.open(f"{site.suite.url}{address}/waitlist")
        await tab.until(f"({names})[0] === {json.dumps(before[1])} && ({names})[1] === {json.dumps(before[0])}")
        assert not tab.complaints
        await look(tab, site, f"{address}/waitlist")


async def test_r22_a_school_drops_a_roster_sees_the_wrong_cells_and_puts_the_good_rows_in(site: Site) -> None:
    good = f"周文静,{id_number(771)},13712340001,教师,专职,讲师,装备制造,{CLASS}"
    wrong = f"吴思远,{id_number(772)},1371234,门卫,专职,讲师,装备制造,{CLASS}"
    async with phone(site.home / "roster") as tab:
        await sign_in(tab, site, "school", site.person)
        await tab.reads("等我办理")
        tab.clicks = 1  # the file
        await tab.press("名册", ".side")
        await tab.until("Boolean(document.querySelector('.drop'))")
        await tab.evaluate(drop(f"{HEADER}\n{good}\n{wrong}", "名册.csv"))
        await tab.until("location.pathname.startsWith('/console/rosters/') && !!document.querySelector('.wrong')")
        cells = "[...document.querySelectorAll('td .wrong')].map((each) => each.closest('td').dataset.label)"
        assert {"手机号码", "岗位"} <= set(await tab.evaluate(cells))
        shown = await tab.evaluate("document.querySelector('main').innerText")
        assert "吴思远" in shown
        assert "周文静" not in shown, "only the wrong rows at first"
        assert await barriers(tab, site) == []
        await tab.press("只提交合格的行", "main")
        await tab.press("确认只提交合格的行", "main")
        await tab.until("!document.querySelector('main .tag').innerText.includes('待确认')")
        assert tab.clicks <= CLICKS["roster"]
        job = await tab.evaluate("location.href")
        await tab.open(f"{site.suite.url}/console/enrollments?q=%E5%91%A8%E6%96%87%E9%9D%99")  # leaving changes nothing
        await tab.open(job)
        await tab.reads("已提交 1 行")
        await tab.open(f"{site.suite.url}/console/enrollments?q=%E5%91%A8%E6%96%87%E9%9D%99")
        await tab.reads("周文静")
        await tab.press("查看 周文静 " + await tab.text("td[data-label=项目] a"), "main")
        await tab.reads("周文静的报名")
        assert tab.complaints == []
        await look(tab, site, await tab.evaluate("location.pathname"))


async def test_r22_r27_a_school_enrols_its_teacher_and_the_province_sees_it_without_loading_anew(site: Site) -> None:
    person = await site.public.login(site.person, site.password, "school")
    staff = (await person.ask(STAFF))["mySchool"]["teachers"]["nodes"]
    name = next(each["name"] for each in staff if not each["enrollments"]["totalCount"])
    figure = "[...document.querySelectorAll('.tile')].find((each) => each.innerText.startsWith('报名')).innerText"
    async with phone(site.home / "live") as live, phone(site.home / "enrols") as tab:
        await sign_in(live, site, "province", LOGINS["province"])
        await live.reads("等我办理")
        await live.open(f"{site.suite.url}/console/progress")
        await live.reads("实时更新：")
        before = await live.evaluate(figure)
        await sign_in(tab, site, "school", site.person)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/enrol?q={CLASS}")
        await tab.until("Boolean(document.querySelector('main a[href*=\"/console/enrol/\"]'))")
        await tab.evaluate("document.querySelector('main a[href*=\"/console/enrol/\"]').click()")
        await tick(tab, name)
        await tab.press("报名", "main")
        await tab.reads("已报名 1 人")
        assert tab.complaints == []
        await live.until(f"{figure} !== {json.dumps(before)}")
        assert live.complaints == []


async def test_r27_a_province_records_a_payment_and_corrects_it(site: Site) -> None:
    async with phone(site.home / "funding") as tab:
        await sign_in(tab, site, "province", LOGINS["province"])
        await tab.reads("等我办理")
        await tab.until("document.querySelectorAll('.tile').length > 1")  # how we are takes no click
        tab.clicks = -1  # what is refused first
        await tab.press("经费", ".side")
        await tab.press("登记经费", "main")
        await tab.write("#field-item", "教材印制")
        await tab.write("#field-amount", "many")
        await tab.press("确认登记经费", "main")
        await tab.until("Boolean(document.querySelector('main .note.bad'))")
        assert await tab.evaluate("document.querySelector('#field-item').value") == "教材印制"
        await tab.evaluate("document.querySelector('#field-amount').value = ''")
        await tab.write("#field-amount", "12,000.50")
        await tab.press("确认登记经费", "main")
        await tab.reads("12,000.5 元")
        assert tab.clicks <= CLICKS["funding"]
        row = "[...document.querySelectorAll('main tbody tr')].find((each) => each.innerText.includes('教材印制'))"
        await tab.evaluate(f"[...{row}.querySelectorAll('button')].find((each) => each.textContent === '更正').click()")
        await tab.evaluate(f"{row}.querySelector('input[name^=amount]').value = '11000'")
        await tab.evaluate(f"{row}.querySelector('input[name^=reason]').value = '多记一笔'")
        await tab.press("确认更正", "main")
        await tab.reads("第 2 版")
        await tab.reads("11,000 元")


async def test_r23_the_ministry_decides_what_a_base_left_undecided_and_says_why(site: Site) -> None:
    async with phone(site.home / "escalated") as tab:
        await sign_in(tab, site, "ministry", "moe")
        await task(tab, "处理逾期未决")
        await tab.click("document.querySelector('label.pick input')")
        await tab.press("不予录取", "main")
        await tab.write("#field-REJECT", "名额已满")
        await tab.press("确认不予录取", "main")
        await tab.reads("已办理 1 人")
        assert tab.clicks <= CLICKS["escalation"]
