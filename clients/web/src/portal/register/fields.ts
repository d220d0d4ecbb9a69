import { nextTick } from "vue";
import { fieldId, useFormErrors } from "../../components/useFormErrors";
import type { Draft } from "./draft";
import { type Field, FIELDS, fault } from "./rules";

export type RegistrationErrors = ReturnType<typeof useRegistrationErrors>;

/** The errors of a registration's fields, checked one by one on leaving and together before going on. */
export function useRegistrationErrors(draft: Draft) {
  const errors = useFormErrors<Field>(FIELDS);
  return {
    ...errors,
    id: fieldId,
    /** Look at one field once the person has left it. An empty one may still be filled in. */
    look(field: Field, value: string): void {
      errors.set(field, value.trim() === "" ? null : fault(field, draft));
    },
    /** Look at these fields; true when all are right, otherwise the summary has the focus. */
    check(fields: readonly Field[]): boolean {
      for (const field of fields) errors.set(field, fault(field, draft));
      return errors.summarize();
    },
    /** Go to a field of a page that has just been shown. */
    async focus(field: Field): Promise<void> {
      await nextTick();
      document.getElementById(fieldId(field))?.focus();
    },
  };
}
