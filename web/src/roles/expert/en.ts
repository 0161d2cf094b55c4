// Texts of the pages of an expert, in English.
import type { zh } from "./zh";

export const en: typeof zh = {
  reviewUntil: "To review",
  mine: "My review",
  hint: "A verdict and a comment on every dimension. Keys: 1 pass, 2 revise, 3 fail. It is kept on this page until you submit it.",
  comment: (dimension) => `Comment on ${dimension}`,
  lacking: (count) => `${count} dimensions lack a verdict or a comment`,
  submit: "Submit the review",
  submitAsk: "It cannot be changed afterwards; then the other experts’ reviews are shown.",
  submitted: (at) => `Submitted ${at}; it cannot be changed`,
  others: "Other experts",
  noOthers: "No other expert has submitted yet",
  other: (number) => `Expert ${number}`,
  before: (cycle) => `My review of cycle ${cycle}`,
  changes: "What has changed since",
  next: "Next plan to review",
  allDone: "No other plan waits for a review",
  desk: "Back to the reviews",
  notOpen: "This plan is not under review",
  plan: "Plan",
};
