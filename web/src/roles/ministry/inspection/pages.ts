// The ministry's pages of inspections, loaded when one of them is opened.
export { FindingsPage } from "./findings";
export { InspectionPage } from "./inspection";
export { InspectionsPage } from "./list";
