/** The answers of the application while the person fills it in, and the identity as the API last showed it. */

import { reactive, watch } from "vue";

import type { components } from "#shared/api";

import { call } from "../api/client";
import { session } from "../api/session";

export type DocumentType = components["schemas"]["DocumentType"];
export type Identity = components["schemas"]["IdentityView"];
export type Side = Identity["sides"][number];

const EMPTY = {
  identity: null as Identity | null,
  documentType: null as DocumentType | null,
  name: "",
  number: "",
  nationality: "",
  validUntil: "",
  asPrinted: false,
  /** A passed face check of purpose `account`: a verified account needs it to change its identity. */
  accountCheck: null as string | null,
};

export const application = reactive({ ...EMPTY });

// Phones are lent: what one person typed is never shown to the next.
watch(
  () => session.state.token,
  () => Object.assign(application, EMPTY),
);

export async function loadIdentity(): Promise<Identity> {
  const identity = await call("get", "/identity");
  application.identity = identity;
  application.documentType ??= identity.document_type;
  return identity;
}

export async function saveApplication(): Promise<void> {
  const { documentType, name, number, nationality, validUntil, asPrinted, accountCheck } = application;
  if (documentType === null) return;
  application.identity = await call("put", "/identity/application", {
    body: {
      document_type: documentType,
      name: name.trim(),
      number: number.trim(),
      ...(nationality.trim() !== "" && { nationality: nationality.trim().toUpperCase() }),
      ...(validUntil.trim() !== "" && { valid_until: validUntil.trim() }),
      ...(asPrinted && { number_as_printed: true }),
      ...(accountCheck !== null && { face_check_id: accountCheck }),
    },
  });
  application.accountCheck = null;
}

/** The answers that were saved, to correct them; a new application starts empty. */
export async function readBack(): Promise<void> {
  if (application.name !== "" || application.identity?.document_type == null) return;
  const saved = await call("get", "/identity/application");
  application.documentType = saved.document_type;
  application.name = saved.name;
  application.number = saved.number;
  application.nationality = saved.nationality ?? "";
  application.validUntil = saved.valid_until ?? "";
  application.asPrinted = saved.number_as_printed;
}

const PAGES = {
  consent: "/identity/start",
  application: "/identity/document",
  scan_front: "/identity/scan?side=front",
  scan_back: "/identity/scan?side=back",
  face: "/identity/submit",
  submit: "/identity/submit",
  wait: "/identity/status",
  appeal: "/identity/status",
} satisfies Record<Identity["next"][number], string>;

/** The page of the step that leads on. */
export function nextPage(identity: Identity): string {
  const step = identity.next[0];
  return step === undefined ? "/identity/status" : PAGES[step];
}
