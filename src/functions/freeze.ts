import { app } from '@azure/functions';

/** `POST /api/freeze`: no run writes any more, not even one under way. */
app.http('freeze', {
  methods: ['POST'],
  route: 'freeze',
  authLevel: 'function',
  handler: async (request, context) => {
    const { freezeTenant } = await import('../lib/http/freeze.ts');
    return freezeTenant(request, context);
  },
});

/** `DELETE /api/freeze`: runs write again. */
app.http('unfreeze', {
  methods: ['DELETE'],
  route: 'freeze',
  authLevel: 'function',
  handler: async (request, context) => {
    const { unfreezeTenant } = await import('../lib/http/freeze.ts');
    return unfreezeTenant(request, context);
  },
});
