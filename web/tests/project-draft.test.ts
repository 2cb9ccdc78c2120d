import { describe, expect, it } from 'vitest';
import { csvOf } from '../src/pages/projects/history-rows.ts';
import { problemOf, readAmount, writeAmount } from '../src/pages/projects/project-draft.svelte.ts';

describe('amounts that people write', () => {
  it('are read in bytes where the resource counts bytes', () => {
    expect(readAmount('10 GB', 'bytes')).toBe(10 * 2 ** 30);
    expect(readAmount('1,5k', 'bytes')).toBe(1536);
    expect(readAmount('unlimited', null)).toBe('inf');
    expect(readAmount('απεριόριστο', 'bytes')).toBe('inf');
    expect(readAmount('', null)).toBe(0);
  });
  it('are refused where they mean nothing', () => {
    for (const text of ['x', '-1', '1.5', '10 GB', '1e9']) expect(readAmount(text, null)).toBe(null);
    expect(readAmount('99999999 PB', 'bytes')).toBe(null);
  });
  it('come back as they were', () => {
    for (const value of [0, 1, 1023, 1536, 2 ** 30, 3 * 2 ** 40]) {
      expect(readAmount(writeAmount(value, 'bytes'), 'bytes')).toBe(value);
      expect(readAmount(writeAmount(value, null), null)).toBe(value);
    }
    expect(writeAmount(2 ** 63, null)).toBe('unlimited');
  });
  it('give a member no more than the whole project', () => {
    expect(problemOf({ whole: '5', each: '6' }, null)).toBe('more');
    expect(problemOf({ whole: '5', each: 'unlimited' }, null)).toBe('more');
    expect(problemOf({ whole: 'unlimited', each: '6' }, null)).toBe('');
    expect(problemOf({ whole: 'many', each: '6' }, null)).toBe('bad');
  });
});

describe('usage over time', () => {
  it('is written as a table for other programs', () => {
    const points: [number, number, number, number][] = [[0, 1, 2, 3]];
    const text = csvOf([{ resource: 'cyclades.vm', unit: null, description: '', points }]);
    expect(text.split('\r\n')[1]).toBe('1970-01-01T00:00:00.000Z,cyclades.vm,1,2,3');
  });
});
