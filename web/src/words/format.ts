import { speech, t } from './words.svelte.ts';

const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(speech.language, { maximumFractionDigits: digits }).format(value);
}

/** A size in words: 1 GB is 2³⁰ bytes, as the API counts. */
export function size(bytes: number): string {
  const [value, unit] = scaled(bytes);
  return `${value} ${unit}`;
}

function scaled(bytes: number): [string, string] {
  let value = Math.abs(bytes);
  let step = 0;
  while (value >= 1024 && step < units.length - 1) {
    value /= 1024;
    step += 1;
  }
  const digits = step === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const rounded = Number(value.toFixed(digits));
  return [number(Math.sign(bytes) * rounded, 2), units[step] ?? 'B'];
}

/** “97 of 256 GB”, the unit said once when it is the same. */
export function sizeOf(part: number, whole: number): string {
  const [some, unit] = scaled(part);
  const [all, wholeUnit] = scaled(whole);
  const left = unit === wholeUnit || part === 0 ? some : `${some} ${unit}`;
  return t('of', { part: left, whole: `${all} ${wholeUnit}` });
}

export const memory = (mebibytes: number): string => size(mebibytes * 2 ** 20);
export const disk = (gibibytes: number): string => size(gibibytes * 2 ** 30);

/** A past moment as people say it: relative up to a week, then the date. */
export function ago(moment: string | number, now: number): string {
  const then = typeof moment === 'number' ? moment : parseMoment(moment);
  if (Number.isNaN(then)) return '–';
  const seconds = Math.round((then - now) / 1000);
  const past = Math.abs(seconds);
  const format = new Intl.RelativeTimeFormat(speech.language, { numeric: 'auto' });
  if (past < 45) return t('time.moment');
  if (past < 3600) return format.format(Math.round(seconds / 60), 'minute');
  if (past < 86400) return format.format(Math.round(seconds / 3600), 'hour');
  if (past < 7 * 86400) return format.format(Math.round(seconds / 86400), 'day');
  return day(then, now);
}

function day(then: number, now: number): string {
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(dated(), {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(then);
}

/** English dates are day first here. */
const dated = (): string => (speech.language === 'en' ? 'en-GB' : speech.language);

/** A span since a moment: “41 days”, “2 hours”. */
export function span(from: string, now: number): string {
  const seconds = Math.max(0, (now - parseMoment(from)) / 1000);
  if (Number.isNaN(seconds)) return '–';
  const [value, unit] =
    seconds < 90
      ? [Math.floor(seconds), 'second']
      : seconds < 5400
        ? [Math.floor(seconds / 60), 'minute']
        : seconds < 129600
          ? [Math.floor(seconds / 3600), 'hour']
          : [Math.floor(seconds / 86400), 'day'];
  return new Intl.NumberFormat(speech.language, {
    style: 'unit',
    unit: unit as string,
    unitDisplay: 'long',
  }).format(value as number);
}

export function full(moment: string): string {
  const then = parseMoment(moment);
  if (Number.isNaN(then)) return moment;
  return new Intl.DateTimeFormat(dated(), {
    dateStyle: 'medium',
    timeStyle: 'medium',
  }).format(then);
}

/** Read a moment; one without a zone, as object listings give, is UTC. */
export function parseMoment(moment: string): number {
  if (!moment) return Number.NaN;
  const zoned = /(Z|[+-]\d\d:?\d\d|GMT)$/.test(moment.trim());
  return Date.parse(zoned ? moment : `${moment.trim().replace(' ', 'T')}Z`);
}

/** Lower case without accents, for searching: Μηχανή and μηχανη are one. */
export const plain = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
