import type { Application, Capacity, ProjectDetail, Wished } from '../../api/projects.ts';
import { speech, t } from '../../words/words.svelte.ts';
import { amount, inOrder, isEndless, resourceName } from './project-look.ts';

export interface Row {
  label: string;
  before: string;
  after: string;
  difference: string;
  sign: number;
}

const day = (moment: string) =>
  new Intl.DateTimeFormat(speech.language === 'en' ? 'en-GB' : speech.language, {
    dateStyle: 'medium',
  }).format(new Date(moment));

/** What an application asks for, beside what is so now; only what it asks for. */
export function differences(application: Application, now: ProjectDetail | undefined): Row[] {
  const wish = application.application;
  return [...facts(wish, now), ...limits(wish, now)];
}

function facts(wish: Wished, now: ProjectDetail | undefined): Row[] {
  const project = now?.project;
  const rows: (Row | null)[] = [
    plain(t('name'), project?.name, wish.name),
    plain(t('projects.form.description'), now?.description, wish.description),
    plain(t('projects.homepage'), now?.homepage, wish.homepage),
    plain(t('projects.form.start'), '', wish.start_date && day(wish.start_date)),
    plain(t('projects.ends'), project && day(project.ends), wish.end_date && day(wish.end_date)),
    plain(
      t('projects.form.join'),
      project && t(`projects.form.policy.join.${project.join_policy}`),
      wish.join_policy && t(`projects.form.policy.join.${wish.join_policy}`),
    ),
    plain(
      t('projects.form.leave'),
      project && t(`projects.form.policy.leave.${project.leave_policy}`),
      wish.leave_policy && t(`projects.form.policy.leave.${wish.leave_policy}`),
    ),
    wish.max_members === null
      ? null
      : counted(t('projects.form.most'), project?.max_members ?? 0, wish.max_members, null),
    plain(
      t('projects.private'),
      project && t(project.private ? 'yes' : 'no'),
      wish.private === null ? null : t(wish.private ? 'yes' : 'no'),
    ),
    plain(t('projects.form.comments'), '', wish.comments),
  ];
  return rows.filter((row) => row !== null);
}

function limits(wish: Wished, now: ProjectDetail | undefined): Row[] {
  const asked = Object.entries(wish.resources).map(([name, each]) => ({ name, ...each }));
  return inOrder(asked).flatMap(({ name, ...each }: Capacity & { name: string }) => {
    const known = now?.resources.find((each) => each.name === name);
    const shown = resourceName(name, known?.description);
    const unit = known?.unit ?? null;
    return [
      counted(
        t('projects.form.whole', { name: shown }),
        known?.project_capacity ?? 0,
        each.project_capacity,
        unit,
      ),
      counted(
        t('projects.form.each', { name: shown }),
        known?.member_capacity ?? 0,
        each.member_capacity,
        unit,
      ),
    ];
  });
}

function plain(label: string, before: string | undefined, after: string | null): Row | null {
  if (after === null || after === '') return null;
  return { label, before: before ?? '', after, difference: '', sign: 0 };
}

function counted(label: string, before: number, after: number, unit: string | null): Row {
  const delta = after - before;
  const sign = Math.sign(delta);
  const endless = isEndless(before) || isEndless(after);
  const size = amount(Math.abs(delta), unit);
  const difference =
    sign === 0 ? '=' : endless ? (sign > 0 ? '↑' : '↓') : `${sign > 0 ? '+' : '−'}${size}`;
  return { label, before: amount(before, unit), after: amount(after, unit), difference, sign };
}
