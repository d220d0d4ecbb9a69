/** The language of the pages and of what the API answers: the person's choice, else the device's. */

import { ref } from "vue";

import { platform } from "#platform";
import { en } from "./en";
import { type Messages, zh } from "./zh";

const KEY = "language";
const chosen = ref<"zh" | "en">("zh");

export const language = {
  current: chosen,
  tag: (): string => (chosen.value === "zh" ? "zh-CN" : "en"),
  async restore(): Promise<void> {
    const stored = await platform.storage.read(KEY);
    chosen.value = stored === "en" || (stored !== "zh" && platform.prefersEnglish()) ? "en" : "zh";
  },
  async choose(value: "zh" | "en"): Promise<void> {
    chosen.value = value;
    await platform.storage.write(KEY, value);
  },
};

/** The texts of the language in force; reactive. */
export function useText(): { readonly t: Messages } {
  return {
    get t() {
      return chosen.value === "zh" ? zh : en;
    },
  };
}

/** A day and time in China, whatever the phone's own time zone is. */
export function moment(iso: string): string {
  const china = new Date(Date.parse(iso) + 8 * 3600_000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${china.getUTCFullYear()}-${two(china.getUTCMonth() + 1)}-${two(china.getUTCDate())}`;
  return `${day} ${two(china.getUTCHours())}:${two(china.getUTCMinutes())}`;
}
