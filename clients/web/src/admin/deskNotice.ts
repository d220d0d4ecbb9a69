import { ref } from "vue";

/** What the last decision of a reviewer came to; shown on the next case or list, which opens by itself. */
export const deskNotice = ref<string | null>(null);
