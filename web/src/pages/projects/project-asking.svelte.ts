import type { Move, ProjectRow } from '../../api/projects.ts';

export type Question = 'join' | 'leave' | 'withdraw' | Move;

/** What is asked about a project, over whatever page is open. */
class Asking {
  question = $state<Question | null>(null);
  project = $state.raw<ProjectRow | null>(null);

  open(question: Question, project: ProjectRow): void {
    this.project = project;
    this.question = question;
  }

  close(): void {
    this.question = null;
  }
}

export const asking = new Asking();
