import { describe, expect, it } from 'vitest';
import { differences } from '../src/pages/files/diff.ts';
import { previewOf, safeType } from '../src/pages/files/kinds.ts';
import { groupOf, parseSharing, writtenSharing } from '../src/pages/files/sharing.ts';
import { boxesOf, sharesOf } from '../src/pages/files/treemap.ts';

const shown = (before: string, after: string): string =>
  (differences(before, after) ?? []).map(({ kind, text }) => `${kind[0]}${text}`).join('|');

describe('differences of texts', () => {
  it('keeps the longest common part', () => {
    expect(shown('a\nb\nc', 'a\nx\nc')).toBe('sa|rb|ax|sc');
    expect(shown('a\nb', 'b')).toBe('ra|sb');
    expect(shown('b', 'a\nb')).toBe('aa|sb');
  });

  it('says nothing where nothing changed', () => {
    expect(shown('a\nb', 'a\nb')).toBe('s');
  });

  it('leaves out what is far from any change', () => {
    const many = Array.from({ length: 100 }, (_, index) => `line ${index}`);
    const changed = many.with(50, 'other').join('\n');
    const lines = differences(many.join('\n'), changed) ?? [];
    expect(lines.filter((line) => line.kind === 'same')).toHaveLength(6);
    expect(lines.filter((line) => line.kind === 'skipped')).toHaveLength(2);
  });

  it('gives up on texts that have nothing in common and are long', () => {
    const long = (word: string) => Array.from({ length: 5000 }, (_, at) => word + at).join('\n');
    expect(differences(long('a'), long('b'))).toBeNull();
  });
});

describe('sharing', () => {
  it('is read and written as the storage does', () => {
    const access = parseSharing('read=u1,owner:team;write=u2');
    expect(access).toEqual([
      { holder: 'u1', writes: false },
      { holder: 'owner:team', writes: false },
      { holder: 'u2', writes: true },
    ]);
    expect(writtenSharing(access)).toBe('read=u1,owner:team;write=u2');
    expect(writtenSharing([])).toBe('');
    expect(parseSharing('')).toEqual([]);
    expect(groupOf('owner:team')).toBe('team');
    expect(groupOf('u1')).toBe('');
  });
});

describe('previews', () => {
  it('never get a type that runs scripts here', () => {
    expect(previewOf('page.html', 'text/html')).toBe('text');
    expect(safeType('text', 'page.html', 'text/html')).toBe('text/plain');
    expect(safeType('pdf', 'x.pdf', 'text/html')).toBe('application/pdf');
    expect(previewOf('x.bin', 'application/octet-stream')).toBe('');
    expect(safeType('image', 'x.png', 'text/html')).toBe('image/png');
  });
});

describe('the picture of space', () => {
  const entries = [
    { name: 'a/x', bytes: 60 },
    { name: 'a/y', bytes: 20 },
    { name: 'b', bytes: 15 },
    { name: 'c/d/e', bytes: 5 },
  ];

  it('sums up by the next level', () => {
    const shares = sharesOf(entries, '', 10, 'rest');
    expect(shares.map(({ name, bytes, isFolder }) => [name, bytes, isFolder])).toEqual([
      ['a', 80, true],
      ['b', 15, false],
      ['c', 5, true],
    ]);
    expect(sharesOf(entries, 'a/', 10, 'rest').map((each) => each.name)).toEqual(['x', 'y']);
  });

  it('fills the square exactly', () => {
    const boxes = boxesOf(sharesOf(entries, '', 10, 'rest'));
    const area = boxes.reduce((sum, box) => sum + box.w * box.h, 0);
    expect(area).toBeCloseTo(10000);
    expect(boxes[0]?.w).toBeGreaterThan(70);
    expect(boxesOf([])).toEqual([]);
  });

  it('puts the small rest together', () => {
    const many = Array.from({ length: 50 }, (_, at) => ({ name: `f${at}`, bytes: 100 + at }));
    const shares = sharesOf(many, '', 10, 'rest');
    expect(shares).toHaveLength(10);
    expect(shares.at(-1)?.name).toBe('rest');
  });
});
