/**
 * The errors of a form's fields: found here while a person fills it in, or by the API when it is sent.
 *
 * Field names are those of the request, and so are the ids of the controls (`field-<name>`).
 */

import { computed, reactive, ref } from "vue";
import { ApiProblem } from "../../../shared/problems.js";
import type { SummaryEntry } from "./ErrorSummary.vue";

export function fieldId(name: string): string {
  return `field-${name.replace(/[^a-z0-9_]/gi, "-")}`;
}

export function useFormErrors<Name extends string>(names: readonly Name[]) {
  const found = reactive(new Map<string, string>());
  const shown = ref<readonly SummaryEntry[]>([]);
  const order = new Map(names.map((name, place) => [name as string, place]));

  function entries(): SummaryEntry[] {
    return [...found]
      .sort(([one], [other]) => (order.get(one) ?? 99) - (order.get(other) ?? 99))
      .map(([name, text]) => ({ id: fieldId(name), text }));
  }

  return {
    /** The error of one field, or undefined. */
    of: (name: Name) => found.get(name),
    set(name: Name, text: string | null): void {
      if (text === null) found.delete(name);
      else found.set(name, text);
    },
    clear(): void {
      found.clear();
      shown.value = [];
    },
    /** Show the summary of what is wrong; true when nothing is. */
    summarize(): boolean {
      shown.value = entries();
      return shown.value.length === 0;
    },
    /** Take the fields of an API error over; the names that this form does not have are returned. */
    takeFrom(error: unknown): string[] {
      if (!(error instanceof ApiProblem)) return [];
      const others: string[] = [];
      for (const { field, detail } of error.fields) {
        if (order.has(field)) found.set(field, detail);
        else others.push(detail);
      }
      shown.value = entries();
      return others;
    },
    summary: computed(() => shown.value),
    hasAny: computed(() => found.size > 0),
  };
}
