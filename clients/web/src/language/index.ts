/**
 * The language of the pages: Chinese is part of each page, English is loaded when it is chosen.
 *
 * A catalogue is a plain object of texts and functions of texts; that English is complete is a matter for the compiler.
 */

import { computed, type ComputedRef, readonly, ref, shallowRef } from "vue";
import type { Language } from "../../../shared/client.js";

const KEPT_AS = "health-talent.language";
const chosen = ref<Language>("zh");
const loaders: (() => Promise<void>)[] = [];

export const language = readonly(chosen);

export function defineCatalogue<Messages extends object>(
  zh: Messages,
  loadEnglish: () => Promise<Messages>,
): ComputedRef<Messages> {
  const en = shallowRef<Messages | null>(null);
  const load = async () => {
    en.value ??= await loadEnglish();
  };
  loaders.push(load);
  // A page that is opened while English is shown brings its own catalogue along.
  if (chosen.value === "en") void load();
  return computed(() => (chosen.value === "en" && en.value !== null ? en.value : zh));
}

export async function chooseLanguage(wanted: Language): Promise<void> {
  if (wanted === "en") await Promise.all(loaders.map((load) => load()));
  chosen.value = wanted;
  document.documentElement.lang = wanted === "zh" ? "zh-CN" : "en";
  localStorage.setItem(KEPT_AS, wanted);
}

/** Show the language of the last visit. A text that cannot be loaded leaves the page in Chinese. */
export async function restoreLanguage(): Promise<void> {
  if (localStorage.getItem(KEPT_AS) === "en") await chooseLanguage("en").catch(() => undefined);
}
