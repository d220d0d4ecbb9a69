/** The text size that the person chose: standard, x1.25, x1.5. */

import { computed, ref } from "vue";

import { platform } from "#platform";

const KEY = "text-size";
const SCALES = [1, 1.25, 1.5] as const;
const index = ref(0);

export const textSize = {
  index,
  style: computed(() => `--zoom: ${SCALES[index.value] ?? 1}`),
  async restore(): Promise<void> {
    const stored = Number(await platform.storage.read(KEY));
    index.value = stored in SCALES ? stored : 0;
  },
  async choose(value: number): Promise<void> {
    index.value = value;
    await platform.storage.write(KEY, String(value));
  },
};
