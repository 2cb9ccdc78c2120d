/** The name of what an operator's page shows, for the breadcrumb. */
export const operated = $state({ name: '' });
