import { untrack } from 'svelte';

export interface Place {
  name: string;
  parts: string[];
  query: URLSearchParams;
}

export const base = '/ui';

/** Take an address apart: the page's name, the rest of the path, the query. */
export function placeOf(pathname: string, search: string): Place {
  const inside = pathname.startsWith(base) ? pathname.slice(base.length) : pathname;
  const [name = '', ...parts] = inside.split('/').filter(Boolean).map(decodeURIComponent);
  return { name: name || 'overview', parts, query: new URLSearchParams(search) };
}

/** Build an address inside the interface; each part is encoded. */
export function href(...parts: string[]): string {
  return `${base}/${parts.map(encodeURIComponent).join('/')}`;
}

class Route {
  place = $state.raw<Place>(placeOf(location.pathname, location.search));
  guard: (() => string) | null = null;

  constructor() {
    addEventListener('popstate', () => this.#read());
  }

  /** Go to an address; focus moves to the page's heading. */
  go(address: string, replace = false): void {
    if (address === location.pathname + location.search) return;
    if (replace) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    const before = this.place;
    this.#read();
    if (!replace && (before.name !== this.place.name || before.parts[0] !== this.place.parts[0])) {
      scrollTo(0, 0);
      requestAnimationFrame(() => document.getElementById('main')?.focus());
    }
  }

  /** Change one value of the query in place, without a step in the history. */
  setQuery(key: string, value: string): void {
    const query = new URLSearchParams(location.search);
    if (value) query.set(key, value);
    else query.delete(key);
    const tail = query.toString();
    untrack(() => this.go(location.pathname + (tail ? `?${tail}` : ''), true));
  }

  /** Follow links inside the interface without a reload. */
  follow = (event: MouseEvent): void => {
    const link = (event.target as Element).closest?.('a');
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.pathname !== base && !link.pathname.startsWith(`${base}/`)) return;
    if (link.pathname === location.pathname && link.hash) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  };

  #read(): void {
    this.place = placeOf(location.pathname, location.search);
  }
}

export const route = new Route();
