export type Tone = 'ok' | 'bad' | 'busy' | 'warn';

export interface Toast {
  id: number;
  tone: Tone;
  title: string;
  line?: string;
  action?: { label: string; run: () => void };
}

class Toasts {
  all = $state.raw<Toast[]>([]);
  #next = 1;

  /** Say something; done ones leave after six seconds, failed ones stay. */
  say(tone: Tone, title: string, more: { line?: string; action?: Toast['action'] } = {}): number {
    const toast: Toast = { id: this.#next++, tone, title, ...more };
    this.all = [...this.all.slice(-3), toast];
    if (tone === 'ok') this.#leaveLater(toast.id, more.action ? 10000 : 6000);
    return toast.id;
  }

  dismiss(id: number): void {
    this.all = this.all.filter((toast) => toast.id !== id);
  }

  #leaveLater(id: number, delay: number): void {
    setTimeout(() => {
      const held = document.querySelector('.toasts:hover, .toasts:focus-within');
      if (held || document.hidden) this.#leaveLater(id, 2000);
      else this.dismiss(id);
    }, delay);
  }
}

export const toasts = new Toasts();
