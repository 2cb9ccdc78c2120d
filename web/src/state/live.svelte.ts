import { Pulse } from './pulse.ts';

/** Everything signed out must forget. */
const forgetters: (() => void)[] = [];

export const onForget = (forget: () => void): void => {
  forgetters.push(forget);
};

export const forgetAll = (): void => {
  for (const forget of forgetters) forget();
};

/** Everything that has another answer in another project. */
const renewers: (() => void)[] = [];

export const onRenew = (renew: () => void): void => {
  renewers.push(renew);
};

/** Ask anew for whatever is shown. */
export const renewAll = (): void => {
  for (const renew of renewers) renew();
};

/** One kind of thing, listed whole and kept fresh; rows keep their identity when unchanged. */
export class Live<T> {
  items = $state.raw<T[]>([]);
  ready = $state(false);
  error = $state.raw<unknown>(null);
  updated = $state(0);
  #fetch: () => Promise<T[]>;
  #key: (item: T) => string;
  #epoch = 0;
  #pulse = new Pulse(() => this.#look());

  constructor(fetch: () => Promise<T[]>, key: (item: T) => string) {
    this.#fetch = fetch;
    this.#key = key;
    onForget(() => this.forget());
    onRenew(() => this.#pulse.wake());
  }

  watch = (): (() => void) => this.#pulse.watch();
  refresh = (): Promise<void> => this.#pulse.now();

  setBusy(busy: boolean): void {
    this.#pulse.setBusy(busy);
  }

  find(key: string): T | undefined {
    return this.items.find((item) => this.#key(item) === key);
  }

  /** Show a change before the service has confirmed it. */
  drop(key: string): void {
    this.items = this.items.filter((item) => this.#key(item) !== key);
  }

  /** Forget and look again, for a list whose question has changed. */
  restart(): Promise<void> {
    this.forget();
    return this.#pulse.afresh();
  }

  forget(): void {
    this.#epoch += 1;
    this.items = [];
    this.ready = false;
    this.error = null;
  }

  async #look(): Promise<boolean> {
    const epoch = this.#epoch;
    try {
      const fresh = await this.#fetch();
      if (epoch !== this.#epoch) return true;
      const merged = mergeKept(this.items, fresh, this.#key);
      const changed = merged !== this.items;
      if (changed) this.items = merged;
      this.ready = true;
      this.error = null;
      this.updated = Date.now();
      return changed;
    } catch (error) {
      if (epoch === this.#epoch) this.error = error;
      throw error;
    }
  }
}

/** Keep the old object for a row that did not change, and the old list if none did. */
export function mergeKept<T>(old: T[], fresh: T[], key: (item: T) => string): T[] {
  const known = new Map(old.map((item) => [key(item), item]));
  const merged = fresh.map((item) => {
    const before = known.get(key(item));
    return before !== undefined && same(before, item) ? before : item;
  });
  const unchanged = merged.length === old.length && merged.every((item, at) => item === old[at]);
  return unchanged ? old : merged;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
