/**
 * What only the local run has: its server writes these addresses into the pages it serves. In production they are
 * missing, and so is everything that depends on them.
 */

function content(name: string): string | null {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? null;
}

export const localPhone = content("local-phone");
export const localOutbox = content("local-outbox");
