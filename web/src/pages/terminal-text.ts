const esc = String.fromCharCode(27);
const orders = new RegExp(`${esc}(\\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>])|\r`, 'g');

/** Drop what only a terminal understands, and runs of empty lines. */
export const readable = (raw: string): string =>
  raw.replace(orders, '').replace(/\n{3,}/g, '\n\n');
