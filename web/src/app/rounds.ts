// Which round is meant where no year is named.

/** The first of some rounds that has begun; one that was opened before its time waits for its first day. */
export const present = <Round extends { phases: readonly { secondsToOpening: number }[] }>(newestFirst: readonly Round[]): Round | undefined =>
  newestFirst.find((round) => round.phases.some((phase) => !phase.secondsToOpening)) ?? newestFirst[0];
