// Compare the built pieces with their budgets (design, section 13); exit 1 when one is over.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folder = 'dist/assets';
const kilobyte = 1024;
const budgets = [
  { what: 'styles', of: /^index-.*\.css\.gz$/, limit: 14 },
  { what: 'core', of: /^(core|index)-.*\.js\.gz$/, limit: 90 },
  { what: 'font', of: /\.woff2$/, limit: 31 },
  { what: 'console', of: /^rfb-.*\.js\.gz$/, limit: 150 },
  { what: 'files', of: /^(Files|hashing).*\.js\.gz$/, limit: 40 },
  { what: 'create machine', of: /^MachineNew-.*\.js\.gz$/, limit: 25 },
  { what: 'one more language', of: /^el-.*\.js\.gz$/, limit: 15 },
  { what: 'at the gate, more', of: /^(account|providers|security|tokens)-.*\.js\.gz$/, limit: 15 },
  { what: "operators', more", of: /^operators-.*\.js\.gz$/, limit: 10 },
  { what: 'projects, more', of: /^projects-.*\.js\.gz$/, limit: 10 },
];

const names = readdirSync(folder);
const over = budgets.filter(({ what, of, limit }) => {
  const bytes = names
    .filter((name) => of.test(name))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  console.log(`${what.padEnd(18)} ${(bytes / kilobyte).toFixed(1).padStart(6)} of ${limit} kB`);
  return bytes > limit * kilobyte;
});
process.exit(over.length > 0 ? 1 : 0);
