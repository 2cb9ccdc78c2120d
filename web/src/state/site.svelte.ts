import { type Site, showSite } from '../api/account.ts';

/** What the site is called and what its operators want its pages to say. */
class SiteFacts {
  current = $state.raw<Site | null>(null);
  #asked: Promise<void> | null = null;

  /** Ask once; a page without an answer goes on with the plain name. */
  load(): Promise<void> {
    this.#asked ??= showSite()
      .then((answer) => {
        this.current = answer;
      })
      .catch(() => {
        this.#asked = null;
      });
    return this.#asked;
  }

  get name(): string {
    return this.current?.name ?? 'Synnefo';
  }

  /** A sentence of the operators in place of ours. */
  say(key: string, ours: string): string {
    return this.current?.overrides[key] || ours;
  }
}

export const site = new SiteFacts();
