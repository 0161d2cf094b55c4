// Saves a plan while it is typed: 1.5 s after the last key, one request at a time, only what has changed (R7, R13).
import { type Refusal, refusal as reported } from "../../app/refusals";
import { Store } from "../../app/store";
import { PASSING, ask, command, forget, sessionNow } from "../../graph/client";
import { BasePlan, UpdateProject } from "./documents";
import { type Name, type Plan, type PlanInput, type Values, type Wrong, differing, inputOf, valuesOf } from "./plan_values";

const PAUSE_MS = 1_500;
const AGAIN_MS = 5_000;

/** Somebody else has saved meanwhile: who, what it is now, and in which fields. */
export interface Stale {
  refusal: Refusal;
  fresh: Plan;
  theirs: Name[];
}

export class PlanSaver {
  /** Hears of every change. */
  readonly told = new Store<object>({});
  values: Values;
  version: number;
  problems: Plan["problems"];
  warnings: Plan["warnings"];
  state: "saved" | "typing" | "saving" | "refused" | "away" = "saved";
  savedAt: Date | null = null;
  refusals: Refusal[] = [];
  wrong: Partial<Record<Name, Wrong>> = {};
  stale: Stale | null = null;
  private known: Values;
  private readonly dirty = new Set<Name>();
  private flight: Promise<void> | null = null;
  private timer = 0;
  private readonly session = sessionNow();

  constructor(private readonly project: Plan) {
    this.values = this.known = valuesOf(project);
    this.version = project.version;
    this.problems = project.problems;
    this.warnings = project.warnings;
  }

  /** Whether something is typed that is not saved. */
  get unsaved(): boolean {
    return this.dirty.size > 0 || this.flight !== null;
  }

  /** A field has another value. */
  change<Changed extends Name>(name: Changed, value: Values[Changed]): void {
    this.values = { ...this.values, [name]: value };
    this.dirty.add(name);
    this.state = "typing";
    this.later(PAUSE_MS);
    this.tell();
  }

  /** Save now; answers whether everything is. */
  async save(): Promise<boolean> {
    clearTimeout(this.timer);
    while (this.flight) await this.flight;
    if (this.stale || sessionNow() !== this.session) return false;
    const { input, sent, wrong } = inputOf(this.values, this.dirty);
    this.wrong = wrong;
    if (sent.length) {
      this.flight = this.send(input, sent);
      await this.flight;
      this.flight = null;
    } else if (this.dirty.size) this.state = "refused";
    this.tell();
    return !this.dirty.size && !this.stale;
  }

  /** Keep what was typed here, over what somebody else has saved. */
  keepMine(): void {
    if (!this.stale) return;
    const { fresh } = this.stale;
    const mine = Object.fromEntries([...this.dirty].map((name) => [name, this.values[name]]));
    this.take(fresh, { ...valuesOf(fresh), ...mine });
    void this.save();
  }

  /** Take what somebody else has saved, and drop what was typed here. */
  takeTheirs(): void {
    if (!this.stale) return;
    this.dirty.clear();
    this.take(this.stale.fresh, valuesOf(this.stale.fresh));
    this.state = "saved";
    this.tell();
  }

  /** The page is left: what is typed is saved, and what others show is asked anew. */
  leave(): void {
    void this.save().then(forget);
  }

  private take(fresh: Plan, values: Values): void {
    this.version = fresh.version;
    this.problems = fresh.problems;
    this.warnings = fresh.warnings;
    this.known = valuesOf(fresh);
    this.values = values;
    this.stale = null;
    this.refusals = [];
    this.wrong = {};
    this.tell();
  }

  private async send(input: PlanInput, names: Name[]): Promise<void> {
    for (const name of names) this.dirty.delete(name);
    this.state = "saving";
    this.tell();
    const { values } = this;
    const { data, refusals } = await command(UpdateProject, { id: this.project.id, version: this.version, input }, true);
    const done = data?.updateProject;
    if (!done) return this.refused(refusals, names);
    this.version = done.version;
    this.problems = done.problems;
    this.warnings = done.warnings;
    this.known = { ...this.known, ...Object.fromEntries(names.map((name) => [name, values[name]])) };
    this.savedAt = new Date();
    this.refusals = [];
    this.state = this.dirty.size ? "typing" : "saved";
  }

  private async refused(refusals: Refusal[], names: Name[]): Promise<void> {
    for (const name of names) this.dirty.add(name);
    const [first] = refusals;
    if (first?.code === "STALE_VERSION") return this.compare(first);
    if (!first || PASSING.has(first.code)) {
      this.state = "away";
      return this.later(AGAIN_MS);
    }
    const blamed = new Set(fieldsOf(first));
    const others = names.filter((name) => !blamed.has(name));
    if (others.length && others.length < names.length) await this.send(inputOf(this.values, others).input, others);
    if (this.stale) return;
    this.refusals = refusals;
    this.state = "refused";
  }

  private async compare(refusal: Refusal): Promise<void> {
    forget();
    const { data, refusals } = await ask(BasePlan, { id: this.project.id });
    const fresh = data?.project;
    if (!fresh) {
      this.refusals = refusals.length ? refusals : [reported({ message: refusal.message, extensions: { code: refusal.code } })];
      this.state = "refused";
      return;
    }
    const now = valuesOf(fresh);
    const theirs = differing(this.known, now).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(this.values[name]));
    if (theirs.length) {
      this.stale = { refusal, fresh, theirs };
      this.state = "refused";
      return;
    }
    const mine = Object.fromEntries([...this.dirty].map((name) => [name, this.values[name]]));
    this.take(fresh, { ...now, ...mine });
    this.later(0);
  }

  private later(pause: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), pause) as unknown as number;
  }

  private tell(): void {
    this.told.set({});
  }
}

/** The fields that a refusal names. */
export function fieldsOf(found: Refusal): string[] {
  const { field, fields } = found.details;
  const names = [...(typeof field === "string" ? [field] : []), ...(Array.isArray(fields) ? fields.map(String) : [])];
  return names.map((name) => name.replace(/^input\./, "").split(".")[0] ?? name);
}
