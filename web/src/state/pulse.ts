import { isFault } from '../api/faults.ts';

export interface Mood {
  quiet: number;
  busy: boolean;
  hidden: boolean;
  failures: number;
  retryAfter: number;
}

export const calm: Mood = { quiet: 0, busy: false, hidden: false, failures: 0, retryAfter: 0 };

const base = 5000;
const slowest = 15000;

/** Milliseconds to the next look: quick while busy, slower when quiet, slowest when hidden. */
export function nextDelay(mood: Mood): number {
  if (mood.retryAfter > 0) return mood.retryAfter * 1000;
  if (mood.failures > 0) return Math.min(60000, base * 2 ** (mood.failures - 1));
  if (mood.hidden) return 60000;
  if (mood.busy) return base / 2;
  return Math.min(slowest, base * 1.25 ** Math.max(0, mood.quiet - 4));
}

const jitter = (delay: number): number => delay * (0.9 + Math.random() * 0.2);

/** A repeated look at one kind of thing; one request in flight, counted watchers. */
export class Pulse {
  mood: Mood = { ...calm };
  #look: () => Promise<boolean>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watchers = 0;
  #running: Promise<void> | null = null;

  /** `look` answers whether anything changed. */
  constructor(look: () => Promise<boolean>) {
    this.#look = look;
  }

  /** Keep looking until the returned function is called. */
  watch(): () => void {
    this.#watchers += 1;
    if (this.#watchers === 1) {
      document.addEventListener('visibilitychange', this.#seen);
      void this.now();
    }
    return () => {
      this.#watchers -= 1;
      if (this.#watchers > 0) return;
      document.removeEventListener('visibilitychange', this.#seen);
      clearTimeout(this.#timer);
    };
  }

  /** Look at once; a second call while one is running waits for the first. */
  now(): Promise<void> {
    this.#running ??= this.#once().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Look anew, after a look that may have begun with an older question. */
  async afresh(): Promise<void> {
    if (this.#running) await this.#running;
    await this.now();
  }

  /** Look anew if anybody watches. */
  wake(): void {
    if (this.#watchers > 0) void this.afresh();
  }

  setBusy(busy: boolean): void {
    const woke = busy && !this.mood.busy;
    this.mood.busy = busy;
    if (woke) this.#plan();
  }

  #seen = () => {
    this.mood.hidden = document.hidden;
    if (document.hidden) this.#plan();
    else void this.now();
  };

  async #once(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const changed = await this.#look();
      this.mood.quiet = changed ? 0 : this.mood.quiet + 1;
      this.mood.failures = 0;
      this.mood.retryAfter = 0;
    } catch (error) {
      this.mood.failures += 1;
      this.mood.retryAfter = isFault(error) ? error.retryAfter : 0;
    }
    this.#plan();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#watchers === 0) return;
    this.#timer = setTimeout(() => void this.now(), jitter(nextDelay(this.mood)));
  }
}
