/** Length of a block without the zeros at its end. Spec: object-storage 15.1. */
export function lengthWithoutZeros(block: Uint8Array): number {
  let end = block.length;
  const words = new Uint32Array(block.buffer, block.byteOffset, block.length >>> 2);
  let word = words.length;
  while (end > word * 4 && block[end - 1] === 0) end -= 1;
  if (end > word * 4) return end;
  while (word > 0 && words[word - 1] === 0) word -= 1;
  end = Math.min(end, word * 4);
  while (end > 0 && block[end - 1] === 0) end -= 1;
  return end;
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Name a block: SHA-256 of its bytes without the zeros at the end. */
export async function nameBlock(block: Uint8Array<ArrayBuffer>): Promise<string> {
  const kept = block.subarray(0, lengthWithoutZeros(block));
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', kept)));
}

/** Name all blocks of a file in order; `onBlock` hears how many bytes are done. */
export async function nameBlocks(
  file: Blob,
  blockSize: number,
  onBlock: (done: number) => void,
): Promise<string[]> {
  const names: string[] = [];
  for (let start = 0; start < file.size; start += blockSize) {
    const part = file.slice(start, start + blockSize);
    names.push(await nameBlock(new Uint8Array(await part.arrayBuffer())));
    onBlock(Math.min(start + blockSize, file.size));
  }
  return names;
}
