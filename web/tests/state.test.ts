import { describe, expect, it } from 'vitest';
import { lengthWithoutZeros, nameBlock, nameBlocks } from '../src/api/blocks.ts';
import { rootsOf } from '../src/api/call.ts';
import type { Server } from '../src/api/compute.ts';
import { readFault } from '../src/api/faults.ts';
import { placesOf } from '../src/api/upload.ts';
import { boundsOf, freeRange, overlap } from '../src/pages/network-state.ts';
import { cloudsYaml, kamakirc, openrc } from '../src/state/access-files.ts';
import { itemsOf, sorted } from '../src/state/files.svelte.ts';
import { mergeKept } from '../src/state/live.svelte.ts';
import { roomsOf } from '../src/state/kinds.svelte.ts';
import { calm, nextDelay } from '../src/state/pulse.ts';
import { deedsOf, stateOf } from '../src/state/server-states.ts';
import { nextName, sinceOf, withNews } from '../src/state/servers.svelte.ts';
import { besideName } from '../src/state/uploads.svelte.ts';

const server = (id: string, more: Partial<Server> = {}): Server => ({
  id,
  name: id,
  status: 'ACTIVE',
  created: '',
  updated: '',
  key_name: null,
  metadata: {},
  addresses: {},
  image: null,
  flavor: {},
  ...more,
});

describe('blocks', () => {
  it('are named by their bytes without the zeros at the end', async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(await nameBlock(bytes('a'))).toMatch(/^ca978112ca1b/);
    expect(await nameBlock(bytes('aa\0\0'))).toMatch(/^961b6dd3/);
    expect(await nameBlock(new Uint8Array(4))).toMatch(/^e3b0c442/);
  });

  it('lose their zeros wherever a word ends', () => {
    for (let length = 0; length < 20; length += 1) {
      for (let kept = 0; kept <= length; kept += 1) {
        const block = new Uint8Array(length);
        if (kept > 0) block[kept - 1] = 7;
        expect(lengthWithoutZeros(block)).toBe(kept);
      }
    }
  });

  it('of a file are named in order', async () => {
    const names = await nameBlocks(new Blob(['aaaabbbbcc']), 4, () => {});
    expect(names.map((name) => name.slice(0, 8))).toEqual(['61be55a8', '81cc5b17', '355b1bbf']);
  });

  it('that are missing are found at their first place', () => {
    expect([...placesOf(['b', 'z'], ['a', 'b', 'b'])]).toEqual([['b', 1]]);
  });
});

describe('faults', () => {
  const read = (text: string) => readFault(409, text, new Headers()).message;

  it('are read in each style', () => {
    expect(read('{"itemNotFound": {"message": "No.", "code": 404}}')).toBe('No.');
    expect(read('{"NeutronError": {"message": "Full.", "type": "X"}}')).toBe('Full.');
    expect(read('<html><title>x</title><body><h1>Bad</h1> luck</body></html>')).toBe('Bad luck');
    expect(read('')).toBe('');
  });
});

describe('the catalogue', () => {
  it('is followed by path on this host and by address elsewhere', () => {
    const endpoint = (url: string) => ({ endpoints: [{ interface: 'public', url }] });
    const roots = rootsOf('p', [
      { type: 'compute', ...endpoint('http://other:1/cyclades/compute/v2.0') },
      { type: 'image', ...endpoint('https://images.example.org/v2/') },
    ]);
    expect(roots.compute).toBe('/cyclades/compute/v2.1');
    expect(roots.image).toBe('https://images.example.org/v2');
  });
});

describe('polling', () => {
  it('quickens while busy, slows when quiet, and backs off on failure', () => {
    expect(nextDelay({ ...calm, busy: true })).toBe(2500);
    expect(nextDelay(calm)).toBe(5000);
    expect(nextDelay({ ...calm, quiet: 5 })).toBe(6250);
    expect(nextDelay({ ...calm, quiet: 99 })).toBe(15000);
    expect(nextDelay({ ...calm, hidden: true, busy: true })).toBe(60000);
    expect(nextDelay({ ...calm, failures: 3 })).toBe(20000);
    expect(nextDelay({ ...calm, failures: 1, retryAfter: 7 })).toBe(7000);
  });

  it('asks from a little before the last answer, by the clock of the service', () => {
    expect(sinceOf('Fri, 20 Nov 2026 10:00:10 GMT')).toBe('2026-11-20T10:00:07+00:00');
    expect(sinceOf('')).toBe('');
  });

  it('keeps the objects of rows that did not change', () => {
    const old = [{ id: 'a', n: 1 }, { id: 'b', n: 1 }];
    const key = (each: { id: string }) => each.id;
    expect(mergeKept(old, [{ id: 'a', n: 1 }, { id: 'b', n: 1 }], key)).toBe(old);
    const merged = mergeKept(old, [{ id: 'a', n: 1 }, { id: 'b', n: 2 }], key);
    expect(merged[0]).toBe(old[0]);
    expect(merged[1]).toEqual({ id: 'b', n: 2 });
  });

  it('lays news over what is known and lets deleted machines go', () => {
    const known = [server('1'), server('2')];
    const news = [server('2', { status: 'DELETED' }), server('3', { status: 'BUILD' })];
    expect(withNews(known, news).map((each) => each.id)).toEqual(['1', '3']);
  });
});

describe('states of machines', () => {
  it('show the task before the status', () => {
    expect(stateOf(server('1', { 'OS-EXT-STS:task_state': 'powering-off' })).name).toBe('stopping');
    expect(stateOf(server('1', { 'SNF:task_state': 'REBOOTING' })).name).toBe('restarting');
    expect(stateOf(server('1', { status: 'SHUTOFF' })).name).toBe('stopped');
    expect(stateOf(server('1', { status: 'STOPPED' })).name).toBe('stopped');
    expect(stateOf(server('1', { suspended: true })).name).toBe('suspended');
    expect(stateOf(server('1', { status: 'NEWFANGLED' })).name).toBe('unknown');
  });

  it('offer only what can be done', () => {
    const offered = (more: Partial<Server>) => [...deedsOf(stateOf(server('1', more)))].sort();
    expect(offered({ status: 'SHUTOFF' })).toEqual(['delete', 'move', 'rename', 'start']);
    expect(offered({ status: 'ACTIVE' })).toContain('move');
    expect(offered({ suspended: true })).toEqual([]);
    expect(offered({ status: 'ERROR' })).toEqual(['delete', 'rename']);
  });
});

describe('names', () => {
  it('go on with the series', () => {
    expect(nextName(['web-01', 'web-02'], 'machine')).toBe('web-03');
    expect(nextName([], 'machine')).toBe('machine-1');
  });

  it('of a second copy stand beside the first', () => {
    expect(besideName('a/notes.txt')).toBe('a/notes (2).txt');
    expect(besideName('a.b/notes (2).tar.gz')).toBe('a.b/notes (3).tar.gz');
    expect(besideName('.profile')).toBe('.profile (2)');
  });
});

describe('files', () => {
  it('show a folder once, whether marked or implied', () => {
    const rows = itemsOf(
      [
        { name: 'a', content_type: 'application/directory', last_modified: 'x' },
        { subdir: 'a/' },
        { subdir: 'b/' },
        { name: 'c.txt', bytes: 3 },
      ],
      '',
    );
    expect(rows.map((row) => [row.name, row.isFolder])).toEqual([['a', true], ['b', true], ['c.txt', false]]);
  });

  it('come after folders, by name as people sort', () => {
    const rows = itemsOf([{ name: 'f10' }, { name: 'f9' }, { subdir: 'z/' }], '');
    expect(sorted(rows, 'name', false).map((row) => row.name)).toEqual(['z', 'f9', 'f10']);
  });
});

describe('room', () => {
  it('is the lesser of the member’s and the project’s', () => {
    const held = { limit: 10, usage: 1, pending: 0, project_limit: 20, project_usage: 19, project_pending: 1 };
    expect(roomsOf({ 'cyclades.vm': held })[0]).toMatchObject({ left: 0, limit: 20, used: 19 });
  });
});

describe('ranges', () => {
  it('are checked and a free one is found', () => {
    expect(boundsOf('10.0.0.1/24')).toBeNull();
    expect(boundsOf('10.0.0.0/24')).not.toBeNull();
    expect(overlap('10.0.0.128/25', ['10.0.0.0/24'])).toBe('10.0.0.0/24');
    expect(freeRange(['192.168.0.0/23'])).toBe('192.168.2.0/24');
  });
});

describe('access files', () => {
  const access = {
    origin: 'http://h',
    authUrl: 'http://h/astakos/identity/v3',
    user: "o'brien",
    userId: 'u',
    project: 'p',
    projectId: 'pid',
    token: 'secret-token',
    cloud: 'synnefo',
  };

  it('hold no password, and the token only where it is the way in', () => {
    expect(cloudsYaml(access)).not.toContain('secret-token');
    expect(openrc(access)).not.toContain('secret-token');
    expect(kamakirc(access)).toContain('token = secret-token');
  });

  it('quote names for the shell', () => {
    expect(openrc(access)).toContain(`OS_USERNAME='o'\\''brien'`);
  });
});
