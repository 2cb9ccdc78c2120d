import { number, size } from '../../words/format.ts';
import { t } from '../../words/words.svelte.ts';

/** 2^63 − 1 and all that a number of JavaScript cannot tell from it. */
const boundless = 2 ** 62;

/** An amount in words: a size for bytes, a number for what is counted. */
export function amount(value: number, unit: string): string {
  if (value >= boundless) return t('op.unlimited');
  return unit === 'bytes' ? size(value) : number(value);
}

const factors: Record<string, number> = { '': 1, b: 1, k: 10, m: 20, g: 30, t: 40, p: 50 };

/** Read an amount as people write it (`10`, `20 GB`, `unlimited`); null when it is none. */
export function readAmount(text: string): number | null {
  const plain = text.trim().toLowerCase().replace(',', '.');
  if (['unlimited', 'inf', '∞', t('op.unlimited').toLowerCase()].includes(plain)) {
    return Number.POSITIVE_INFINITY;
  }
  const found = /^(\d+(?:\.\d+)?)\s*([bkmgtp]?)i?b?$/.exec(plain);
  if (!found) return null;
  const unit = found[2] ?? '';
  const value = Number(found[1]) * (unit && unit !== 'b' ? 2 ** (factors[unit] ?? 0) : 1);
  return Number.isFinite(value) && value < boundless ? Math.round(value) : null;
}

/** Write an amount so that `readAmount` reads it back. */
export function writeAmount(value: number, unit: string): string {
  if (value >= boundless) return t('op.unlimited');
  if (unit !== 'bytes') return String(value);
  for (const [letter, power] of [
    ['TB', 40],
    ['GB', 30],
    ['MB', 20],
    ['KB', 10],
  ] as const) {
    if (value > 0 && value % 2 ** power === 0) return `${value / 2 ** power} ${letter}`;
  }
  return String(value);
}

/** JSON for amounts: infinity is the largest limit, which only whole text can carry exactly. */
export function limitJson(value: number): number {
  return value === Number.POSITIVE_INFINITY ? 2 ** 63 : value;
}
