import { app } from '@azure/functions';

/** `POST /api/reconcile`: the run that the timer makes, now. */
app.http('reconcileOnDemand', {
  methods: ['POST'],
  route: 'reconcile',
  authLevel: 'function',
  handler: async (request, context) => {
    const { runOnDemand } = await import('../lib/http/reconcile.ts');
    return runOnDemand(request, context);
  },
});
