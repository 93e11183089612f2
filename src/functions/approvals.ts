import { app } from '@azure/functions';

/** `POST /api/approvals/{digest}`: a person lets one held change go. */
app.http('approvals', {
  methods: ['POST'],
  route: 'approvals/{digest}',
  authLevel: 'function',
  handler: async (request, context) => {
    const { approveChange } = await import('../lib/http/approvals.ts');
    return approveChange(request, context);
  },
});
