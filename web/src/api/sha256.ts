/** SHA-256 without promises: a search through thousands of short texts must not wait for each. */
const K = new Uint32Array(64);
const START = new Uint32Array(8);

const fraction = (root: number): number => Math.floor((root - Math.floor(root)) * 2 ** 32);

let found = 0;
for (let number = 2; found < 64; number++) {
  let prime = true;
  for (let factor = 2; factor * factor <= number; factor++) {
    if (number % factor === 0) prime = false;
  }
  if (!prime) continue;
  if (found < 8) START[found] = fraction(Math.sqrt(number));
  K[found++] = fraction(Math.cbrt(number));
}

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

function block(state: Uint32Array, words: Uint32Array): void {
  for (let at = 16; at < 64; at++) {
    const early = words[at - 15] as number;
    const late = words[at - 2] as number;
    const low = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
    const high = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
    words[at] = (words[at - 16] as number) + low + (words[at - 7] as number) + high;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let at = 0; at < 64; at++) {
    const high = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const one = (h + high + ((e & f) ^ (~e & g)) + (K[at] as number) + (words[at] as number)) | 0;
    const low = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const two = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  for (const [at, value] of [a, b, c, d, e, f, g, h].entries()) {
    state[at] = (state[at] as number) + value;
  }
}

/** The digest of some bytes, in hexadecimal. */
export function sha256(data: Uint8Array): string {
  const state = START.slice();
  const whole = new Uint8Array(((data.length + 72) >> 6) << 6);
  whole.set(data);
  whole[data.length] = 0x80;
  const view = new DataView(whole.buffer);
  view.setUint32(whole.length - 4, data.length * 8);
  const words = new Uint32Array(64);
  for (let offset = 0; offset < whole.length; offset += 64) {
    for (let at = 0; at < 16; at++) words[at] = view.getUint32(offset + at * 4);
    block(state, words);
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('');
}
