// What a role's module says of its pages.
import type { ComponentType } from "preact";
import type { TodoKind } from "./documents";
import type { MeQuery } from "./documents";

export type Me = NonNullable<MeQuery["me"]>;
export type Due = Me["todo"][number];

/** A page of a workspace. */
export interface Page {
  /** Its path's pattern below /console. */
  path: string;
  /** What the navigation calls it; a page without it is reached from another. */
  nav?: () => string;
  /** Few go there often: the navigation keeps it under "more". */
  rare?: true;
  view: ComponentType<{ parts: Record<string, string>; year: number; me: Me }>;
}

/** The pages of a role, what its home shows below its tasks, and where a task is done. */
export interface Role {
  pages: Page[];
  overview: ComponentType<{ year: number; me: Me }>;
  places: Partial<Record<TodoKind, (due: Due) => string>>;
}
