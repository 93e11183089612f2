import { app } from '@azure/functions';

/** `GET /api/runs`: summaries, newest first. */
app.http('runs', {
  methods: ['GET'],
  route: 'runs',
  authLevel: 'function',
  handler: async (request, context) => {
    const { listRuns } = await import('../lib/http/runs.ts');
    return listRuns(request, context);
  },
});

/** `GET /api/runs/{runId}`: one run's report. */
app.http('run', {
  methods: ['GET'],
  route: 'runs/{runId}',
  authLevel: 'function',
  handler: async (request, context) => {
    const { showRun } = await import('../lib/http/runs.ts');
    return showRun(request, context);
  },
});

/** `GET /api/runs/{runId}/undo`: what taking the run back would mean. Writes nothing. */
app.http('undo', {
  methods: ['GET'],
  route: 'runs/{runId}/undo',
  authLevel: 'function',
  handler: async (request, context) => {
    const { planUndo } = await import('../lib/http/undo.ts');
    return planUndo(request, context);
  },
});
