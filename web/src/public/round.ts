// The rounds, and the one that a visitor means who names no year.
import { present } from "../app/rounds";
import type { Shown } from "../graph/use";
import { useQuery } from "../graph/use";
import { Rounds, type RoundsQuery } from "./documents";

export type Round = NonNullable<RoundsQuery["rounds"]>[number];

/** All rounds, the newest first, and the present one. */
export function useRounds(): [Shown<RoundsQuery>, Round[], Round | undefined] {
  const shown = useQuery(Rounds, {});
  const rounds = [...(shown.data?.rounds ?? [])].sort((left, right) => right.year - left.year);
  return [shown, rounds, present(rounds)];
}
