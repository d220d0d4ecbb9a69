/** The size of text that a person chose, on every page of both entries. */

import { ref } from "vue";

export const TEXT_SIZES = ["standard", "large", "largest"] as const;
export type TextSize = (typeof TEXT_SIZES)[number];

const KEPT_AS = "health-talent.text-size";
export const textSize = ref<TextSize>("standard");

export function chooseTextSize(size: TextSize): void {
  textSize.value = size;
  document.documentElement.dataset["textSize"] = size;
  localStorage.setItem(KEPT_AS, size);
}

export function restoreTextSize(): void {
  const kept = TEXT_SIZES.find((size) => size === localStorage.getItem(KEPT_AS));
  if (kept) chooseTextSize(kept);
}
