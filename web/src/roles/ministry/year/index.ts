// The pages of a year, loaded together when one of them is opened.
export { AssessmentsPage } from "./list";
export { AssessmentPage } from "./one";
export { ProposalsPage } from "./proposals";
export { YearTablePage } from "./table";
