// Where an inspection stands.
import { Tag, type Tone } from "../../../parts/basic";
import { words } from "./words";

type State = keyof ReturnType<typeof words>["state"];
const TONES: Record<State, Tone> = { FROZEN: "brand", ANNOUNCED: "brand", DRAWN: "warn", CLOSED: "ok", VOID: "bad" };

export const StateTag = ({ state }: { state: State }) => <Tag tone={TONES[state]}>{words().state[state]}</Tag>;
