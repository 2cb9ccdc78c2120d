import { describe, expect, it } from 'vitest';
import { el } from '../src/words/el.ts';
import { en, type Sentence } from '../src/words/en.ts';
import { ago, parseMoment, plain, size, sizeOf, span } from '../src/words/format.ts';
import { english, greek } from '../src/words/rooms.ts';
import { fill } from '../src/words/words.svelte.ts';

const holes = (sentence: Sentence): string[] => {
  const text = typeof sentence === 'string' ? sentence : sentence.other;
  return [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
};

describe('words', () => {
  it('are said in Greek with the same holes as in English', async () => {
    const rooms = await Promise.all(Object.values(greek).map((load) => load()));
    const all: Record<string, Sentence> = Object.assign({}, el, ...rooms);
    const ours: Record<string, Sentence> = { ...en, ...(await english.operators()) };
    for (const [key, sentence] of Object.entries(ours)) {
      expect([key, holes(all[key] ?? '')]).toEqual([key, holes(sentence)]);
      expect(all[key], key).toBeTruthy();
    }
  });

  it('choose the plural by the number', () => {
    const plural = new Intl.PluralRules('en');
    expect(fill({ one: '{n} file', other: '{n} files' }, { n: 1 }, plural)).toBe('1 file');
    expect(fill({ one: '{n} file', other: '{n} files' }, { n: 0 }, plural)).toBe('0 files');
  });

  it('leave an unknown hole as it is', () => {
    expect(fill('Hello {who}', {}, new Intl.PluralRules('en'))).toBe('Hello {who}');
  });

  it('count a gigabyte as the API does', () => {
    expect(size(2 ** 30)).toBe('1 GB');
    expect(size(1536)).toBe('1.5 KB');
    expect(size(0)).toBe('0 B');
    expect(sizeOf(97 * 2 ** 30, 256 * 2 ** 30)).toBe('97 of 256 GB');
    expect(sizeOf(700 * 2 ** 30, 2 ** 40)).toBe('700 GB of 1 TB');
  });

  it('tell times relative up to a week, then by date', () => {
    const now = Date.parse('2026-11-20T12:00:00Z');
    expect(ago('2026-11-20T11:59:50Z', now)).toBe('a moment ago');
    expect(ago('2026-11-20T09:00:00Z', now)).toBe('3 hours ago');
    expect(ago('2026-11-01T09:00:00Z', now)).toBe('1 Nov');
    expect(span('2026-11-18T12:00:00Z', now)).toBe('2 days');
  });

  it('read a moment without a zone as UTC', () => {
    expect(parseMoment('2026-11-20T12:00:00.000000')).toBe(Date.parse('2026-11-20T12:00:00Z'));
  });

  it('search without accents', () => {
    expect(plain('Μηχανή')).toBe(plain('μηχανη'));
  });
});
