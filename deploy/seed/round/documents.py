"""The GraphQL documents that the round in progress is entered with."""

DRAFT = "mutation($base: ID!, $input: ProjectInput!) { draftProject(baseId: $base, input: $input) { id version } }"
ADD_CLASS = "mutation($id: ID!, $input: ProjectClassInput!) { addClass(projectId: $id, input: $input) { id version } }"
SUBMIT = "mutation($id: ID!, $version: Int!) { submitProject(id: $id, version: $version) { id } }"
UPDATE = """mutation($id: ID!, $version: Int!, $input: ProjectInput!) {
  updateProject(id: $id, version: $version, input: $input) { version }
}"""
WITHDRAW = "mutation($id: ID!, $reason: String!) { withdrawProject(id: $id, reason: $reason) { id } }"
ASSIGN = "mutation($id: ID!, $experts: [ID!]!) { assignExperts(projectId: $id, experts: $experts) { id } }"
REVIEW = "mutation($id: ID!, $verdicts: [VerdictInput!]!) { submitReview(projectId: $id, verdicts: $verdicts) { id } }"
DECIDE = """mutation($decisions: [ProjectDecisionRowInput!]!) {
  decideProjects(decisions: $decisions) { ok refusal { code message } }
}"""
PUBLISH = "mutation($ids: [ID!]!) { publishProjects(ids: $ids) { ok refusal { code message } } }"
PUBLISHED = """query($year: Int!) {
  projects(filter: {year: $year}, first: 50) { nodes { id code title version startsOn seats { left } } }
}"""
EXTEND = "mutation($input: PhaseOverrideInput!) { extendPhase(input: $input) { year } }"
ADJUST = "mutation($id: ID!, $input: QuotaInput!) { adjustQuota(baseId: $id, input: $input) { id } }"
VERSION = "query($id: ID!) { project(id: $id) { version } }"
AMEND = """mutation($id: ID!, $version: Int!, $input: ProjectAmendmentInput!) {
  amendProject(id: $id, version: $version, input: $input) { id }
}"""
SUSPEND = "mutation($id: ID!, $reason: String!) { suspendProject(id: $id, reason: $reason) { id } }"
CANCEL = "mutation($id: ID!, $reason: String!) { cancelProject(id: $id, reason: $reason) { id } }"
START = "mutation($id: ID!) { startProject(id: $id) { id } }"
FINISH = "mutation($id: ID!) { finishProject(id: $id) { id } }"

COMMIT_ROSTER = "mutation($id: ID!) { commitRoster(jobId: $id, mode: ALL_OR_NOTHING) { state } }"
ROSTER = "query($id: ID!) { rosterJob(id: $id) { state total entered } }"
SIGN_UP = "mutation($id: ID!) { signUp(projectId: $id) { id } }"
WITHDRAW_SIGN_UP = "mutation($id: ID!) { withdrawSignUp(id: $id) { id } }"
DECLINE = """mutation($ids: [ID!]!, $reason: String!) {
  declineSignUps(ids: $ids, reason: $reason) { ok refusal { code message } }
}"""
ENROLLMENTS = """query($id: ID!) { project(id: $id) {
  timetable { id date }
  enrollments(first: 100) { nodes { id status rank submittedAt teacher { id name } school { code } } }
} }"""
DECIDE_ENROLLMENTS = """mutation($decisions: [EnrollmentDecisionInput!]!) {
  decideEnrollments(decisions: $decisions) { ok refusal { code message } }
}"""
RANK_WAITLIST = "mutation($id: ID!, $ids: [ID!]!) { rankWaitlist(projectId: $id, ids: $ids) { id } }"
REVISE = """mutation($id: ID!, $decision: EnrollmentDecision!, $reason: String!) {
  reviseDecision(id: $id, decision: $decision, reason: $reason) { id }
}"""
REQUEST_TEACHER = "mutation($input: TransferInput!) { requestTeacher(input: $input) { id } }"
ANSWER_TRANSFER = "mutation($id: ID!) { answerTransfer(id: $id, confirm: true) { id } }"
WITHDRAW_ENROLLMENT = "mutation($id: ID!, $reason: String!) { withdrawEnrollment(id: $id, reason: $reason) { id } }"
ACCEPT_OFFER = "mutation($id: ID!) { acceptOffer(id: $id) { id } }"
SUBSTITUTE = """mutation($id: ID!, $teacher: ID!, $reason: String!) {
  substituteTeacher(id: $id, teacherId: $teacher, reason: $reason) { id }
}"""
FUND = "mutation($input: FundingInput!) { recordFunding(input: $input) { id } }"

ATTENDANCE = """mutation($id: ID!, $rows: [AttendanceInput!]!) {
  recordAttendance(projectId: $id, rows: $rows) { ok refusal { code message } }
}"""
RESULTS = """mutation($id: ID!, $rows: [ResultInput!]!) {
  recordResults(projectId: $id, rows: $rows) { ok refusal { code message } }
}"""
PUBLISH_RESULTS = "mutation($id: ID!) { publishResults(projectId: $id) { state } }"
CONFIRM = """mutation($ids: [ID!]!) {
  confirmCredits(enrollmentIds: $ids) { ok refusal { code message } }
}"""
REVOKE = "mutation($id: ID!, $reason: String!) { revokeCredit(enrollmentId: $id, reason: $reason) { status } }"

STATUSES = """query($year: Int!) { provinceProgress(year: $year) { statuses { status count } } }"""
OF_STATUS = """query($year: Int!, $status: ProjectStatus!) {
  projects(filter: {year: $year, statuses: [$status]}) { totalCount }
}"""
ESCALATED = "query($year: Int!) { escalations(year: $year) { totalCount } }"
