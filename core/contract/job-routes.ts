// The HTTP routes about bulk jobs: one act on every task or delivery that a filter names.
// A part of routes.ts, which is the whole list.

export const jobRoutes = {
  createJob: { method: 'POST', path: '/v1/jobs', function: 'api' },
  listJobs: { method: 'GET', path: '/v1/jobs', function: 'api' },
  getJob: { method: 'GET', path: '/v1/jobs/{id}', function: 'api' },
  stopJob: { method: 'POST', path: '/v1/jobs/{id}/stop', function: 'api' },
} as const;
