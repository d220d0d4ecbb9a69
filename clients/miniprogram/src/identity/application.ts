/** The answers of the application while the person fills it in, and the identity as the API last showed it. */

import { reactive } from "vue";

import type { components } from "#shared/api";

import { call } from "../api/client";

export type DocumentType = components["schemas"]["DocumentType"];
export type Identity = components["schemas"]["IdentityView"];
export type Side = Identity["sides"][number];

export const application = reactive({
  identity: null as Identity | null,
  documentType: null as DocumentType | null,
  name: "",
  number: "",
  nationality: "",
  validUntil: "",
  asPrinted: false,
  /** A passed face check of purpose `account`: a verified account needs it to change its identity. */
  accountCheck: null as string | null,
});

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

/** The page of the next step that is open. */
export function nextPage(identity: Identity): string {
  if (identity.status !== "draft" && identity.status !== "rejected") return "/identity/status";
  for (const side of identity.sides) {
    if (identity.scans[side]?.status !== "accepted" && identity.scan_attempts_left > 0)
      return `/identity/scan?side=${side}`;
  }
  return "/identity/submit";
}
