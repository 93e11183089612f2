import { app } from '@azure/functions';

/** `GET /api/status`: every policy, the last run, the freeze switch. */
app.http('status', {
  methods: ['GET'],
  route: 'status',
  authLevel: 'function',
  handler: async (request, context) => {
    const { showStatus } = await import('../lib/http/status.ts');
    return showStatus(request, context);
  },
});
