/**
 * Advice on a photo before it is uploaded: is it bright, sharp and free of reflections?
 *
 * It is advice only; the API decides, and a person may send a photo that this module doubts.
 */

import type { Pixels } from "#platform-types";

export type Advice = "dark" | "bright" | "glare" | "blurred" | "small" | "good";

/** The longer side, in pixels, of what `adviceOn` expects. */
export const ADVICE_SIDE = 640;
/** Below this a document's text is hard to read; the API refuses below 560. */
export const MIN_SCAN_SIDE = 1000;

const DARK_BELOW = 55;
const BRIGHT_ABOVE = 225;
const GLARE_AT = 252;
const GLARE_SHARE = 0.02;
/** Measured on the sample photos: sharp documents have over 600, blurred ones 5; sharp faces over 13, blurred ones 3. */
const SHARP_FROM = { document: 60, face: 6 };

/** What to say about a photo, the most important first. */
export function adviceOn(pixels: Pixels, subject: "document" | "face"): Advice {
  const luminance = luminances(pixels);
  const mean = luminance.reduce((sum, value) => sum + value, 0) / luminance.length;
  if (mean < DARK_BELOW) return "dark";
  if (mean > BRIGHT_ABOVE) return "bright";
  if (glareShare(luminance, pixels.width, pixels.height) > GLARE_SHARE) return "glare";
  if (sharpness(luminance, pixels.width, pixels.height) < SHARP_FROM[subject]) return "blurred";
  return "good";
}

function luminances({ data, width, height }: Pixels): Float32Array {
  const found = new Float32Array(width * height);
  for (let index = 0; index < found.length; index += 1) {
    const at = index * 4;
    found[index] = 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  }
  return found;
}

/** The share of blown-out blocks of 8 by 8 pixels whose neighbourhood is not: white paper is large, a reflection small. */
function glareShare(luminance: Float32Array, width: number, height: number): number {
  const columns = Math.floor(width / 8);
  const rows = Math.floor(height / 8);
  let blown = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      if (isBlown(luminance, width, column * 8, row * 8)) blown += 1;
    }
  }
  const share = blown / Math.max(1, columns * rows);
  return share > 0.4 ? 0 : share;
}

function isBlown(luminance: Float32Array, width: number, left: number, top: number): boolean {
  for (let y = top; y < top + 8; y += 1) {
    for (let x = left; x < left + 8; x += 1) if ((luminance[y * width + x] ?? 0) < GLARE_AT) return false;
  }
  return true;
}

/** The variance of the Laplacian: text and edges raise it, blur lowers it. */
export function sharpness(luminance: Float32Array, width: number, height: number): number {
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const value =
        4 * (luminance[at] ?? 0) -
        (luminance[at - 1] ?? 0) -
        (luminance[at + 1] ?? 0) -
        (luminance[at - width] ?? 0) -
        (luminance[at + width] ?? 0);
      sum += value;
      squares += value * value;
      count += 1;
    }
  }
  if (count === 0) return 0;
  const mean = sum / count;
  return squares / count - mean * mean;
}
