import { speech } from '../words/words.svelte.ts';

/** Steps of a scale that counts things. */
export const whole = [1, 2, 5]
  .flatMap((step) => Array.from({ length: 15 }, (_, n) => step * 10 ** n))
  .sort((a, b) => a - b);

/** Steps of a scale that counts bytes. */
export const binary = Array.from({ length: 60 }, (_, n) => 2 ** n);

/** What stands below a plot: days, and hours where days would repeat. */
export function below(at: number, short: boolean): string {
  return new Intl.DateTimeFormat(
    speech.language === 'en' ? 'en-GB' : speech.language,
    short ? { hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' },
  ).format(at * 1000);
}
