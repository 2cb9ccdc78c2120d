import { isFault } from '../api/faults.ts';

/** The question who one is, asked before a sensitive change. */
class Confirming {
  open = $state(false);
  #settle: ((confirmed: boolean) => void) | null = null;

  ask(): Promise<boolean> {
    this.#settle?.(false);
    this.open = true;
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  answer(confirmed: boolean): void {
    this.open = false;
    this.#settle?.(confirmed);
    this.#settle = null;
  }
}

export const confirming = new Confirming();

/** Thrown when somebody does not say who they are; nothing was changed. */
export class NotConfirmed extends Error {}

/** Do something; when a proof is asked for, ask for it and do it once more. */
export async function confirmThenDo<T>(deed: () => Promise<T>): Promise<T> {
  try {
    return await deed();
  } catch (error) {
    if (!isFault(error, 403) || error.flag('x-confirm') !== 'required') throw error;
    if (!(await confirming.ask())) throw new NotConfirmed();
    return deed();
  }
}
