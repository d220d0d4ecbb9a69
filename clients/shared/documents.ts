/**
 * The check characters of numbers that people copy by hand, for an answer while they type.
 *
 * The API decides; these rules are the same standards and only save a round trip.
 */

/** GB 32100: 0-9 and capital letters without I, O, S, V and Z. */
const CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const CREDIT_CODE = /^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$/;
const RESIDENT_ID = /^[0-9]{17}[0-9X]$/;

export type NumberFault = "format" | "checksum" | "birth_date";

/** Full-width characters folded, capital letters, no blanks and hyphens: how codes are compared everywhere. */
export function foldCode(typed: string): string {
  return typed
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s\u2010-\u2015-]/g, "");
}

/** What is wrong with a unified social credit code (GB 32100), or null. */
export function creditCodeFault(typed: string): NumberFault | null {
  const code = foldCode(typed);
  if (!CREDIT_CODE.test(code)) return "format";
  return code.charAt(17) === creditCodeCheckCharacter(code.slice(0, 17)) ? null : "checksum";
}

/** The MOD 31 check character of the first 17 characters (GB 32100, 4.6). */
export function creditCodeCheckCharacter(body: string): string {
  let weight = 1;
  let total = 0;
  for (const character of body) {
    total += CREDIT_CODE_ALPHABET.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  return CREDIT_CODE_ALPHABET.charAt((31 - (total % 31)) % 31);
}

/** What is wrong with an 18-character number of a resident ID (GB 11643), or null. `today` is `YYYYMMDD`. */
export function residentIdFault(typed: string, today: string): NumberFault | null {
  const number = foldCode(typed);
  if (!RESIDENT_ID.test(number)) return "format";
  if (number.charAt(17) !== residentIdCheckCharacter(number.slice(0, 17))) return "checksum";
  return isBirthDate(number.slice(6, 14), today) ? null : "birth_date";
}

/** The MOD 11-2 check character of 17 digits (ISO 7064). */
export function residentIdCheckCharacter(body: string): string {
  let remainder = 0;
  for (const digit of body) remainder = ((remainder + Number(digit)) * 2) % 11;
  return "0123456789X".charAt((12 - remainder) % 11);
}

function isBirthDate(digits: string, today: string): boolean {
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6, 8)].map(Number) as [
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return real && year >= 1800 && digits <= today;
}

/** A mainland mobile number, or null. */
export function mobileNumber(typed: string): string | null {
  const digits = foldCode(typed).replace(/^(\+|00)?86(?=1[3-9][0-9]{9}$)/, "");
  return /^1[3-9][0-9]{9}$/.test(digits) ? digits : null;
}

/** A code in groups of four, as it is printed: `9XTQ-7K3M-5HJD-2VBN`. */
export function inGroups(code: string): string {
  return (foldCode(code).match(/.{1,4}/g) ?? []).join("-");
}
