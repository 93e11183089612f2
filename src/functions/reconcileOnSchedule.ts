import { app } from '@azure/functions';

// Registered before anything that could throw: an entry file that fails to load leaves an app without functions, and
// the host says nothing about it. What the handler needs is loaded by the first invocation.
app.timer('reconcileOnSchedule', {
  schedule: '%RECONCILE_SCHEDULE%',
  runOnStartup: false,
  useMonitor: true,
  handler: async (_timer, context) => {
    const { runOnSchedule } = await import('../lib/http/reconcile.ts');
    await runOnSchedule(context);
  },
});
