/** The rules of a registration's fields as far as they need no server, each with one sentence that says what to do. */

import { creditCodeFault, foldCode } from "../../../../shared/documents.js";
import { common } from "../../components/text";
import { text } from "../text";
import type { Draft } from "./draft";

/** Names as the API has them. */
export const FIELDS = [
  "name",
  "supervisor_code",
  "category",
  "unified_social_credit_code",
  "region_code",
  "address",
  "contact_name",
  "contact_phone",
] as const;
export type Field = (typeof FIELDS)[number];

const PHONE = /^[+]?[0-9][0-9 -]{5,18}[0-9]$/;

/** What is wrong with a field, or null. */
export function fault(field: Field, draft: Draft): string | null {
  const messages = text.value.register;
  const filled = (value: string, label: string) => (value.trim() === "" ? common.value.fillIn(label) : null);
  switch (field) {
    case "name":
      return filled(draft.name, messages.institution.name);
    case "supervisor_code":
      return draft.supervisor === null ? messages.institution.supervisorMissing : null;
    case "category":
      return draft.category.trim() === "" ? messages.institution.categoryMissing : null;
    case "unified_social_credit_code": {
      const found = creditCodeFault(draft.creditCode);
      if (found === null) return null;
      return found === "checksum" ? messages.codes.creditCodeChecksum : messages.codes.creditCodeFormat;
    }
    case "region_code":
      return /^[1-9][0-9]{5}$/.test(foldCode(draft.regionCode)) ? null : messages.codes.regionMissing;
    case "address":
      return filled(draft.address, messages.codes.address);
    case "contact_name":
      return filled(draft.contactName, messages.contact.name);
    case "contact_phone":
      return PHONE.test(draft.contactPhone.normalize("NFKC").trim()) ? null : messages.contact.phoneFormat;
  }
}
