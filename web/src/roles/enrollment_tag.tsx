// How an enrolment stands, in a word.
import { Tag, type Tone } from "../parts/basic";
import { words } from "./words";

type Status = keyof ReturnType<typeof words>["enrollment"];

const TONES: Record<string, Tone> = {
  ACCEPTED: "ok",
  ATTENDING: "ok",
  PASSED: "ok",
  CREDITED: "ok",
  SUBMITTED: "brand",
  SIGNED_UP: "brand",
  WAITLISTED: "warn",
  OFFERED: "warn",
  INCOMPLETE: "warn",
  REJECTED: "bad",
  DECLINED: "bad",
  FAILED: "bad",
  NO_SHOW: "bad",
  CANCELLED: "bad",
  CREDIT_REVOKED: "bad",
};

/** The name of a state. */
export const enrollmentStatus = (status: Status): string => words().enrollment[status];

/** A state in its colour. */
export const EnrollmentTag = ({ status }: { status: Status }) => <Tag tone={TONES[status]}>{enrollmentStatus(status)}</Tag>;
