// Rounds in which a school confirms who is eligible before it submits (R22).
const STEP = "ELIGIBILITY";

/** Whether a round has that step. */
export const checksEligibility = (round: { steps: readonly { code: string }[] } | null | undefined): boolean =>
  round?.steps.some((each) => each.code === STEP) ?? false;
