import type { FormOptions, Policy, ProjectDetail, Wish } from '../../api/projects.ts';
import { isEndless } from './project-look.ts';

export interface LimitDraft {
  whole: string;
  each: string;
}

const units = ['', 'k', 'm', 'g', 't', 'p'];
const endlessWords = ['unlimited', 'inf', 'infinite', 'απεριόριστο', '∞'];

/** Read `5`, `10 GB` or `unlimited`; null for what is no amount. */
export function readAmount(text: string, unit: string | null): number | 'inf' | null {
  const asked = text.trim().toLowerCase();
  if (asked === '') return 0;
  if (endlessWords.includes(asked)) return 'inf';
  const found = /^(\d+(?:[.,]\d+)?)\s*(?:([kmgtp])(?:i?b)?|b|bytes)?$/.exec(asked);
  if (!found) return null;
  const value = Number(found[1]?.replace(',', '.')) * 1024 ** units.indexOf(found[2] ?? '');
  const whole = Math.round(value);
  if (!Number.isSafeInteger(whole) || (unit !== 'bytes' && (found[2] || value !== whole)))
    return null;
  return whole;
}

/** Write an amount as the form reads it back, losing nothing. */
export function writeAmount(value: number, unit: string | null): string {
  if (isEndless(value)) return 'unlimited';
  if (unit !== 'bytes') return String(value);
  let step = 0;
  let left = value;
  while (left >= 1024 && left % 1024 === 0 && step < units.length - 1) {
    left /= 1024;
    step += 1;
  }
  return step === 0 ? String(value) : `${left} ${(units[step] ?? '').toUpperCase()}B`;
}

const atLeast = (whole: number | 'inf', each: number | 'inf') =>
  whole === 'inf' || (each !== 'inf' && each <= whole);

/** What is wrong with the limits of one resource. */
export function problemOf(limits: LimitDraft, unit: string | null): '' | 'bad' | 'more' {
  const whole = readAmount(limits.whole, unit);
  const each = readAmount(limits.each, unit);
  if (whole === null || each === null) return 'bad';
  return atLeast(whole, each) ? '' : 'more';
}

const dayOf = (moment: string) => moment.slice(0, 10);
const yearOn = () => {
  const day = new Date();
  day.setFullYear(day.getFullYear() + 1);
  return day.toISOString().slice(0, 10);
};

/** An application that is being written. */
export class ProjectDraft {
  name = $state('');
  description = $state('');
  homepage = $state('');
  start = $state('');
  end = $state(yearOn());
  comments = $state('');
  join = $state<Policy>('moderated');
  leave = $state<Policy>('auto');
  most = $state('unlimited');
  isPrivate = $state(false);
  limits = $state<Record<string, LimitDraft>>({});
  readonly isNew: boolean;
  readonly fixed: boolean;
  #before: Record<string, unknown> = {};
  #units: Record<string, string | null> = {};

  constructor(options: FormOptions, now: ProjectDetail | null) {
    this.isNew = now === null;
    this.fixed = now?.project.system ?? false;
    if (now) this.#take(now);
    for (const each of options.resources) {
      this.#units[each.name] = each.unit;
      const held = now?.resources.find((one) => one.name === each.name);
      const whole = held?.project_capacity ?? (now ? 0 : each.project_default);
      const own = held?.member_capacity ?? (now ? 0 : each.project_default);
      this.limits[each.name] = {
        whole: writeAmount(whole, each.unit),
        each: writeAmount(own, each.unit),
      };
    }
    this.#before = this.#all();
  }

  #take(now: ProjectDetail): void {
    const { project } = now;
    this.name = project.name;
    this.description = now.description;
    this.homepage = now.homepage;
    this.end = dayOf(project.ends);
    this.join = project.join_policy;
    this.leave = project.leave_policy;
    this.most = isEndless(project.max_members) ? 'unlimited' : String(project.max_members);
    this.isPrivate = project.private;
  }

  /** Everything as it would be sent; limits that are no amounts are left out. */
  #all(): Record<string, unknown> {
    const most = readAmount(this.most, null);
    return {
      name: this.name.trim(),
      description: this.description,
      homepage: this.homepage.trim(),
      ...(this.isNew && this.start ? { start_date: `${this.start}T00:00:00Z` } : {}),
      end_date: this.end ? `${this.end}T00:00:00Z` : null,
      comments: this.comments,
      join_policy: this.join,
      leave_policy: this.leave,
      max_members: most ?? null,
      private: this.isPrivate,
      ...this.#capacities(),
    };
  }

  #capacities(): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (const [name, limits] of Object.entries(this.limits)) {
      const unit = this.#units[name] ?? null;
      if (problemOf(limits, unit) !== '') continue;
      const project_capacity = readAmount(limits.whole, unit);
      const member_capacity = readAmount(limits.each, unit);
      found[`resource ${name}`] = { member_capacity, project_capacity };
    }
    return found;
  }

  /** What is sent: all of a new project, only the changes of an old one. */
  get wish(): Wish {
    const wish: Wish = {};
    const resources: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(this.#all())) {
      const same = JSON.stringify(value) === JSON.stringify(this.#before[key]);
      const name = key.startsWith('resource ') ? key.slice(9) : '';
      if (name && !same) resources[name] = value;
      else if (!name && (this.isNew ? value !== '' : !same)) wish[key] = value;
    }
    return Object.keys(resources).length > 0 ? { ...wish, resources } : wish;
  }

  get isChanged(): boolean {
    return this.isNew || Object.keys(this.wish).some((key) => key !== 'comments');
  }

  /** Whether every amount can be read. */
  get isReadable(): boolean {
    const fits = (name: string) =>
      problemOf(this.limits[name] ?? { whole: '', each: '' }, this.#units[name] ?? null) === '';
    return readAmount(this.most, null) !== null && Object.keys(this.limits).every(fits);
  }
}
