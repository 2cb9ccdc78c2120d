import { type ProjectRow, setDefaultProject } from '../../api/projects.ts';
import type { MenuItem } from '../../parts/menu-item.ts';
import { nameOf } from '../../parts/project.ts';
import { work } from '../../parts/project-work.ts';
import { route } from '../../state/route.svelte.ts';
import { session } from '../../state/session.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { brief } from '../../words/reasons.ts';
import { t } from '../../words/words.svelte.ts';
import { asking } from './project-asking.svelte.ts';
import { canJoin, isIn } from './project-look.ts';

const worksHere = (project: ProjectRow) =>
  project.state === 'active' &&
  project.membership !== null &&
  isIn(project.membership) &&
  project.membership.state !== 'suspended';

/** What can be done with a project from a list. */
export function menuOf(project: ProjectRow): MenuItem[] {
  const name = nameOf(project);
  const items: MenuItem[] = [
    { label: t('open'), icon: 'briefcase', run: () => route.go(`/ui/projects/${project.id}`) },
  ];
  if (worksHere(project)) {
    items.push({
      label: t('projects.work'),
      icon: 'check',
      off: project.id === session.project.id && t('projects.work.done', { name }),
      run: () => void work(project),
    });
    items.push({ label: t('projects.default'), icon: 'user', run: () => void prefer(project) });
  }
  if (canJoin(project)) {
    const run = () => asking.open('join', project);
    items.push({ label: `${t('projects.join')}…`, icon: 'userPlus', run });
  }
  if (project.membership?.actions.includes('cancel')) {
    const run = () => asking.open('withdraw', project);
    items.push({ label: `${t('projects.withdraw')}…`, icon: 'undo', run });
  }
  if (project.membership?.actions.includes('leave')) {
    const run = () => asking.open('leave', project);
    items.push({
      label: `${t('projects.leave')}…`,
      icon: 'signOut',
      rule: true,
      danger: true,
      run,
    });
  }
  return items;
}

async function prefer(project: ProjectRow): Promise<void> {
  try {
    await setDefaultProject(project.id);
    toasts.say('ok', t('projects.default.done', { name: nameOf(project) }));
  } catch (error) {
    toasts.say('bad', t('projects.switch.failed'), { line: brief(error) });
  }
}
