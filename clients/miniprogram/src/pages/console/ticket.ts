/**
 * The id of a console sign-in in whatever a scanner gives:
 *
 *     an address            https://talent.example.org/console-sign-in?scene=<id>
 *     an encoded address    options.q of a page opened by WeChat's own scanner
 *     a scene               options.scene of a mini-program code: the id itself
 *     a path                pages/console/console?scene=<id>
 */

const ID = /^[A-Za-z0-9_-]{16,32}$/;

export function ticketIn(scanned: string): string | null {
  const text = decoded(scanned).trim();
  if (ID.test(text)) return text;
  const parameter = /[?&]scene=([A-Za-z0-9_-]{16,32})(?:$|[&#])/.exec(text);
  return parameter?.[1] ?? null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not encoded
  }
}
