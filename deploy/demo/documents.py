"""The GraphQL documents that the demo sends."""

DRAFT = "mutation($base: ID!, $input: ProjectInput!) { draftProject(baseId: $base, input: $input) { id version } }"
SUBMIT = "mutation($id: ID!, $version: Int!) { submitProject(id: $id, version: $version) { id status } }"
ASSIGN = "mutation($id: ID!, $experts: [ID!]!) { assignExperts(projectId: $id, experts: $experts) { id } }"
REVIEW = "mutation($id: ID!, $verdicts: [VerdictInput!]!) { submitReview(projectId: $id, verdicts: $verdicts) { id } }"
DECIDE = """mutation($id: ID!, $decision: ProjectDecisionInput!) {
  decideProject(id: $id, decision: $decision) { id status }
}"""
QUOTA = "query($id: ID!, $year: Int!) { base(id: $id) { quota(year: $year) { limit used remaining } } }"
PUBLISH = "mutation($ids: [ID!]!) { publishProjects(ids: $ids) { ok refusal { code message } } }"
CATALOGUE = "query($year: Int!) { projects(filter: {year: $year}) { totalCount nodes { id code title } } }"
SEATS = "query($id: ID!) { project(id: $id) { seats { capacity accepted offered waitlisted left } } }"
SIGN_UP = "mutation($id: ID!) { signUp(projectId: $id) { id status } }"
CUT_OFF = "mutation($i: InnerCutOffInput!) { setInnerCutOff(input: $i) { code } }"
RANK = "mutation($project: ID!, $ids: [ID!]!) { rankSignUps(projectId: $project, ids: $ids) { ok } }"
SUBMIT_ENROLLMENTS = "mutation($ids: [ID!]!) { submitEnrollments(ids: $ids) { ok refusal { code message } } }"
DECIDE_ENROLLMENTS = """mutation($decisions: [EnrollmentDecisionInput!]!) {
  decideEnrollments(decisions: $decisions) { ok enrollment { id status } refusal { code message } }
}"""
REVISE = """mutation($id: ID!, $decision: EnrollmentDecision!, $why: String!) {
  reviseDecision(id: $id, decision: $decision, reason: $why) { status history { status reason } }
}"""
ESCALATIONS = "query($year: Int!) { escalations(year: $year) { nodes { id escalatedAt } } }"
REQUEST_TEACHER = "mutation($input: TransferInput!) { requestTeacher(input: $input) { id state } }"
ANSWER_TRANSFER = "mutation($id: ID!) { answerTransfer(id: $id, confirm: true) { state } }"
TRANSFERS = "query { transfers { nodes { id state teacher { id school { code } } } } }"
ENROLL_TEACHERS = """mutation($project: ID!, $teachers: [ID!]!) {
  enrollTeachers(projectId: $project, teacherIds: $teachers, submit: true) {
    ok enrollment { id status } refusal { code message }
  }
}"""
FUND = "mutation($input: FundingInput!) { recordFunding(input: $input) { id yuan } }"
PROGRESS = """query($year: Int!) { provinceProgress(year: $year) {
  province { code name } registeredSchools schools tally { signUps submitted accepted } funding { yuan } } }"""
NOTICES = "query { myNotices { nodes { id } } }"
MISSED_STARTS = "query { projects(filter: {startMissed: true}) { nodes { id } } }"
START_LATE = "mutation($id: ID!, $why: String) { startProject(id: $id, reason: $why) { id status startedLate } }"
START = "mutation($id: ID!) { startProject(id: $id) { id status } }"
FINISH = "mutation($id: ID!) { finishProject(id: $id) { id status } }"
TIMETABLE = "query($id: ID!) { project(id: $id) { timetable { id date } } }"
ACCEPTED = """query($id: ID!) {
  project(id: $id) { enrollments(filter: {statuses: [ACCEPTED]}, first: 100) { nodes { id } } }
}"""
ATTENDANCE = """mutation($id: ID!, $rows: [AttendanceInput!]!) {
  recordAttendance(projectId: $id, rows: $rows) { ok refusal { code message } }
}"""
RESULTS = """mutation($id: ID!, $rows: [ResultInput!]!) {
  recordResults(projectId: $id, rows: $rows) { ok refusal { code message } }
}"""
PUBLISH_RESULTS = "mutation($id: ID!) { publishResults(projectId: $id) { state passed failed incomplete noShows } }"
CONFIRM = """mutation($ids: [ID!]!) {
  confirmCredits(enrollmentIds: $ids) { ok enrollment { id } refusal { code message } }
}"""
REVOKE = "mutation($id: ID!, $reason: String!) { revokeCredit(enrollmentId: $id, reason: $reason) { status } }"
ADJUST = """mutation($id: ID!, $input: QuotaInput!) {
  adjustQuota(baseId: $id, input: $input) { id quota(year: 2024) { limit used } }
}"""
ISSUE = """mutation($id: ID!) {
  issueCertificates(projectId: $id) { ok certificate { number } refusal { code message } }
}"""
REVOKE_CERTIFICATE = """mutation($number: ID!, $reason: String!) {
  revokeCertificate(number: $number, revocation: FRAUD, reason: $reason) { number state }
}"""
INSTRUMENTS = """query($id: ID!) { project(id: $id) { instruments {
  id kind state opensAt closesAt result { counted meanHundredths } } } }"""
MY_INSTRUMENTS = "query { myInstruments { id } }"
FREEZE_INSPECTION = """mutation($input: InspectionInput!) {
  freezeInspection(input: $input) { id size populationSha256 objectionsUntil }
}"""
ANNOUNCE_INSPECTION = """mutation($id: ID!, $beacons: [BeaconInput!]!, $by: DateTime!) {
  announceInspection(id: $id, beacons: $beacons, revealBy: $by) { id }
}"""
INSPECTION = "query($id: ID!) { inspection(id: $id) { state auditSequence } }"
RECORD_BEACONS = "mutation($id: ID!, $values: [String!]!) { recordBeacons(id: $id, values: $values) { id } }"
REVEAL_INSPECTION = "mutation($id: ID!) { revealInspection(id: $id) { state sample { project { id } } } }"
RECORD_FINDING = """mutation($id: ID!, $input: FindingInput!) {
  recordFinding(inspectionId: $id, input: $input) { id state }
}"""
CLOSE_INSPECTION = "mutation($id: ID!) { closeInspection(id: $id) { state } }"
YEAR_TABLE = """query($year: Int!) { yearTable(year: $year) {
  category province { name } published held assessed passed satisfaction { sheets meanHundredths } } }"""
COMPUTE_ASSESSMENTS = """mutation($year: Int!, $rubric: String!) {
  computeAssessments(year: $year, rubric: $rubric) { bases }
}"""
OPEN_COMMENTS = "mutation($year: Int!) { openComments(year: $year) { commentUntil } }"
ASSESSMENTS = """query($year: Int!) { annualAssessments(year: $year) { nodes {
  id grade base { id } items { code name evidence } } } }"""
COMMENT_ASSESSMENT = "mutation($id: ID!, $text: String!) { commentAssessment(id: $id, text: $text) { id } }"
EVIDENCE = """query($id: ID!, $code: String!) { assessmentEvidence(id: $id, code: $code, first: 5) {
  totalCount nodes { kind id counts } } }"""
FINALIZE_ASSESSMENTS = """mutation($ids: [ID!]!) {
  finalizeAssessments(ids: $ids) { ok assessment { grade appealUntil } refusal { code message } }
}"""
PUBLISH_GRADES = "mutation($year: Int!) { publishGrades(year: $year) { grade } }"
GRADES = "query($year: Int!) { publishedGrades(year: $year) { grade base { id name } } }"
QUOTA_PROPOSALS = """query($year: Int!) { quotaProposals(year: $year) {
  id state grade limit proposed aboveRound reason base { id name } } }"""
ADJUST_QUOTA = "mutation($id: ID!, $input: QuotaInput!) { adjustQuota(baseId: $id, input: $input) { id } }"
REVEAL = "mutation($id: ID!, $purpose: String!) { revealTeacher(id: $id, purpose: $purpose) { idNumber mobile } }"
CONTACT = "mutation($input: ContactInput!) { updateMyContact(input: $input) { mobile email } }"
MY_DATA = "query { myData { corrections { by fields } reveals { nodes { scope organization purpose } } } }"
STATUS = "query($id: ID!) { enrollment(id: $id) { status } }"
ACROSS_SERVICES = """query AcrossServices($id: ID!) {
  project(id: $id) {
    code title status fee { yuan }
    base { name category province { name } quota(year: 2024) { limit used remaining } }
    seats { capacity accepted waitlisted left }
    enrollments(first: 20) {
      totalCount
      nodes {
        status
        teacher { name idNumber school { name province { name } } }
        attendanceRate
        result { outcome score }
        credit { hours status }
      }
    }
  }
}"""
"""One query over the three services: project, base, quota, seats, enrollments, results and credit."""
