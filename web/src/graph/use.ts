// Queries and commands in components.
import { useEffect, useState } from "preact/hooks";
import type { Refusal } from "../app/refusals";
import { useStore } from "../app/store";
import { type Answer, ask, command, earlier, epoch, passes } from "./client";
import type { Document } from "./document";

/** An answer that is shown, and whether a newer one is awaited. */
export interface Shown<Data> extends Answer<Data> {
  waiting: boolean;
  again: () => void;
}

/** The answer of a query; an earlier one is shown while it is asked again, and where only what passes by itself came. */
export function useQuery<Data, Variables>(document: Document<Data, Variables>, variables: Variables): Shown<Data> {
  const name = document.id + JSON.stringify(variables);
  const age = useStore(epoch);
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<{ name: string; answer: Answer<Data> } | null>(null);
  useEffect(() => {
    let current = true;
    void ask(document, variables).then((answer) => {
      if (!current) return;
      setState((before) => {
        const known = before?.name === name ? before.answer : earlier(document, variables);
        return { name, answer: passes(answer) && known?.data ? { ...answer, data: known.data } : answer };
      });
    });
    return () => {
      current = false;
    };
  }, [name, age, turn]);
  const answer = state?.name === name ? state.answer : earlier(document, variables);
  return {
    data: answer?.data ?? null,
    refusals: answer?.refusals ?? [],
    waiting: !answer,
    again: () => setTurn(turn + 1),
  };
}

/** A command: `run` answers whether it was done; `refusals` says why not; `quiet` as in `command`. */
export function useCommand<Data, Variables>(
  document: Document<Data, Variables>,
  quiet = false,
): { run: (variables: Variables) => Promise<Answer<Data>>; busy: boolean; refusals: Refusal[] } {
  const [busy, setBusy] = useState(false);
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const run = async (variables: Variables): Promise<Answer<Data>> => {
    setBusy(true);
    const answer = await command(document, variables, quiet);
    setRefusals(answer.refusals);
    setBusy(false);
    return answer;
  };
  return { run, busy, refusals };
}
