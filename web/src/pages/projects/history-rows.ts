import type { Series } from '../../api/projects.ts';

/** Whether anything of a resource was used or limited in the time shown. */
export const worthShowing = (each: Series): boolean =>
  each.points.some((point) => point[1] > 0 || point[2] > 0);

/** Usage over time as a table for other programs; moments are in UTC. */
export function csvOf(series: Series[]): string {
  const lines = ['time,resource,usage,peak,limit'];
  for (const each of series) {
    for (const [at, usage, peak, limit] of each.points) {
      const moment = new Date(at * 1000).toISOString();
      lines.push([moment, each.resource, usage, peak, limit].join(','));
    }
  }
  return `${lines.join('\r\n')}\r\n`;
}
