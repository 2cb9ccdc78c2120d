/** Names of the things that pages have open, for the breadcrumb. */
export const opened = $state<{ names: Record<string, string> }>({ names: {} });
