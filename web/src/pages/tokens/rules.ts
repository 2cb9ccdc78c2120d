import type { AccessRule } from '../../api/tokens.ts';

const rule = /^(\S+)\s+(GET|HEAD|POST|PUT|PATCH|DELETE|COPY|OPTIONS)\s+(\/\S*)$/;

/** Read rules, one a line; the number of the first line that is none, else 0. */
export function readRules(text: string): { rules: AccessRule[]; wrong: number } {
  const rules: AccessRule[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (!line.trim()) continue;
    const found = rule.exec(line.trim());
    if (!found) return { rules: [], wrong: at + 1 };
    const [, service = '', method = '', path = ''] = found;
    rules.push({ service, method, path });
  }
  return { rules, wrong: 0 };
}
