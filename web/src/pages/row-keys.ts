interface Rows {
  count: () => number;
  at: () => number;
  move: (to: number) => void;
  select: (at: number) => void;
  open: (at: number) => void;
  clear: () => void;
}

const typing = 'input:not([type=checkbox]), textarea, select, dialog, [popover], .con';

/** J, K, X, Enter, full stop and Esc on the rows of a list; answers how to stop. */
export function rowKeys(rows: Rows): () => void {
  const deeds: Record<string, () => void> = {
    KeyJ: () => rows.move(Math.min(rows.count() - 1, rows.at() + 1)),
    KeyK: () => rows.move(Math.max(0, rows.at() - 1)),
    KeyX: () => rows.select(rows.at()),
    Enter: () => rows.open(rows.at()),
    Period: () => document.querySelector<HTMLElement>('tr.cursor [data-row-menu]')?.click(),
    Escape: () => rows.clear(),
  };
  let going = 0;
  const listen = (event: KeyboardEvent) => {
    const target = event.target as Element;
    if (event.code === 'KeyG') going = Date.now();
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest(typing)) return;
    if (Date.now() - going < 900 && event.code !== 'KeyG') return;
    if (event.code === 'Enter' && target.closest('a, button, input')) return;
    deeds[event.code]?.();
  };
  addEventListener('keydown', listen);
  return () => removeEventListener('keydown', listen);
}
