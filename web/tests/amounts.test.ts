import { beforeAll, describe, expect, it } from 'vitest';
import { limitJson, readAmount, writeAmount } from '../src/pages/operators/amounts.ts';
import { speech } from '../src/words/words.svelte.ts';

beforeAll(() => speech.need('operators'));

describe('amounts of resources', () => {
  it('reads what people write', () => {
    expect(readAmount('10')).toBe(10);
    expect(readAmount(' 20 GB ')).toBe(20 * 2 ** 30);
    expect(readAmount('1,5 tib')).toBe(1.5 * 2 ** 40);
    expect(readAmount('512b')).toBe(512);
    expect(readAmount('unlimited')).toBe(Number.POSITIVE_INFINITY);
  });

  it('refuses what is none', () => {
    for (const text of ['', 'many', '-1', '1 XB', '1e9', '99999999999999999999']) {
      expect(readAmount(text)).toBeNull();
    }
  });

  it('writes so that it reads the same back', () => {
    for (const value of [0, 7, 1000, 2 ** 20, 3 * 2 ** 30, 2 ** 30 + 1]) {
      expect(readAmount(writeAmount(value, 'bytes'))).toBe(value);
      expect(readAmount(writeAmount(value, ''))).toBe(value);
    }
    expect(readAmount(writeAmount(2 ** 63, 'bytes'))).toBe(Number.POSITIVE_INFINITY);
  });

  it('sends no limit as the largest number', () => {
    expect(limitJson(Number.POSITIVE_INFINITY)).toBe(2 ** 63);
    expect(limitJson(5)).toBe(5);
  });
});
