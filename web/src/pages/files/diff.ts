export interface Line {
  kind: 'same' | 'added' | 'removed' | 'skipped';
  text: string;
}

const most = 4000;
const context = 3;

/** Tell line by line how a text became another: the longest common part stays. */
export function differences(before: string, after: string): Line[] | null {
  const [a, b] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) {
    end += 1;
  }
  const [from, to] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (from.length * to.length > most * most) return null;
  const same = (text: string): Line => ({ kind: 'same', text });
  const tail = end > 0 ? a.slice(-end) : [];
  return folded([...a.slice(0, start).map(same), ...middle(from, to), ...tail.map(same)]);
}

function middle(a: string[], b: string[]): Line[] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i] ?? '' });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'removed', text: a[i] ?? '' });
      i += 1;
    } else {
      lines.push({ kind: 'added', text: b[j] ?? '' });
      j += 1;
    }
  }
  return lines;
}

/** Leave out what is far from any change. */
function folded(lines: Line[]): Line[] {
  const near = new Set<number>();
  lines.forEach((line, index) => {
    if (line.kind === 'same') return;
    for (let each = index - context; each <= index + context; each += 1) near.add(each);
  });
  return lines.flatMap((line, index) => {
    if (near.has(index)) return [line];
    return index === 0 || near.has(index - 1) ? [{ kind: 'skipped', text: '' } as Line] : [];
  });
}
