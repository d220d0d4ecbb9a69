/**
 * What a person has typed about an institution, kept while they go from step to step and when a call fails.
 *
 * A reload keeps what is public about the institution (`sessionStorage`); the contact's name and phone number live in
 * memory alone.
 */

import { reactive, watch } from "vue";
import type { Chosen } from "../../components/institutions/InstitutionPicker.vue";
import type { components } from "../../api";

export type NewRegistration = components["schemas"]["NewRegistration"];

export interface Draft {
  agreementVersion: string | null;
  name: string;
  supervisor: Chosen | null;
  category: string;
  creditCode: string;
  regionCode: string;
  address: string;
  contactName: string;
  contactPhone: string;
}

export function emptyDraft(): Draft {
  return {
    agreementVersion: null,
    name: "",
    supervisor: null,
    category: "",
    creditCode: "",
    regionCode: "",
    address: "",
    contactName: "",
    contactPhone: "",
  };
}

export function asRequest(draft: Draft): NewRegistration {
  return {
    agreement_version: draft.agreementVersion ?? "",
    name: draft.name.trim(),
    supervisor_code: draft.supervisor?.institution_code ?? "",
    category: draft.category.trim(),
    unified_social_credit_code: draft.creditCode.trim(),
    region_code: draft.regionCode.trim(),
    address: draft.address.trim(),
    contact_name: draft.contactName.trim(),
    contact_phone: draft.contactPhone.trim(),
  };
}

/** A registration that was submitted, as a draft to amend. */
export function asDraft(own: components["schemas"]["OwnRegistration"]): Draft {
  return {
    agreementVersion: null,
    name: own.name,
    supervisor: own.supervisor,
    category: own.category,
    creditCode: own.unified_social_credit_code,
    regionCode: own.region.region_code,
    address: own.address,
    contactName: own.contact_name,
    contactPhone: own.contact_phone,
  };
}

const KEPT_AS = "health-talent.registration";
const PUBLIC = ["name", "supervisor", "category", "creditCode", "regionCode", "address"] as const;

function kept(): Partial<Draft> {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Partial<Draft>) : {};
  } catch {
    return {};
  }
}

/** The registration that is being filled in, the same on every step. */
export const draft = reactive<Draft>({ ...emptyDraft(), ...kept() });

watch(draft, () => {
  sessionStorage.setItem(KEPT_AS, JSON.stringify(Object.fromEntries(PUBLIC.map((field) => [field, draft[field]]))));
});

export function clearDraft(): void {
  Object.assign(draft, emptyDraft());
}
