/** Shortcuts of the review desk: single keys, off while somebody types or a dialog is open, and off altogether on wish. */

import { onBeforeUnmount, ref } from "vue";

const KEPT_AS = "health-talent.shortcuts";
const enabled = ref(localStorage.getItem(KEPT_AS) !== "off");

export function useShortcuts(press: (key: string) => boolean) {
  function listen(event: KeyboardEvent): void {
    if (!enabled.value || event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
    if (press(event.key.length === 1 ? event.key.toLowerCase() : event.key)) event.preventDefault();
  }
  window.addEventListener("keydown", listen);
  onBeforeUnmount(() => window.removeEventListener("keydown", listen));
  return {
    enabled,
    toggle(): void {
      enabled.value = !enabled.value;
      localStorage.setItem(KEPT_AS, enabled.value ? "on" : "off");
    },
  };
}

function isBusy(target: EventTarget | null): boolean {
  const typing = target instanceof HTMLElement && target.closest("input, select, textarea, [contenteditable]") !== null;
  return typing || document.querySelector("dialog[open]") !== null;
}
