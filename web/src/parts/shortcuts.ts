import { addressOf, pagesShown } from './nav.ts';

interface Deeds {
  palette: () => void;
  keys: () => void;
  go: (address: string) => void;
}

const patience = 900;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('input, textarea, select, dialog, [popover], .con, canvas') !== null;

/** Letters by the place of the key, so that a Greek keyboard works too. */
const letterOf = (event: KeyboardEvent): string =>
  event.code.startsWith('Key') ? event.code.slice(3).toLowerCase() : event.key;

/** Listen for the keys that work on every page; answers how to stop. */
export function shortcuts(deeds: Deeds): () => void {
  let going = 0;
  const listen = (event: KeyboardEvent) => {
    const letter = letterOf(event);
    if ((event.ctrlKey || event.metaKey) && letter === 'k') {
      event.preventDefault();
      return deeds.palette();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (Date.now() - going < patience) {
      going = 0;
      const page = pagesShown().find((each) => each.shortcut === letter);
      if (page) deeds.go(addressOf(page.name));
    } else if (letter === 'g') going = Date.now();
    else if (event.key === '?') deeds.keys();
    else if (letter === 'c' && !event.shiftKey) deeds.go('/ui/machines/new');
    else if (event.key === '/') focusSearch(event, deeds.palette);
  };
  addEventListener('keydown', listen);
  return () => removeEventListener('keydown', listen);
}

function focusSearch(event: KeyboardEvent, otherwise: () => void): void {
  event.preventDefault();
  const search = document.querySelector<HTMLInputElement>('main .search input');
  if (search) search.focus();
  else otherwise();
}
