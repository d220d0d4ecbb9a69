import type { Status } from "./useGrants";

/** The grant that an action is about, with what its dialogs show. */
export interface Target {
  readonly business: { readonly business: string; readonly name: string };
  readonly institution: { readonly institution_code: string; readonly name: string };
  readonly status: Status;
  /** The caller acts as an administrator in the superior's place and states a reason. */
  readonly reasonRequired: boolean;
}

export type GrantAction = "issue" | "direct" | "revoke";
