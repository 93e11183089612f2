import { app } from '@azure/functions';

/** `POST /api/whatif`: what a sign-in gets today, as desired, and after the plan. Writes nothing. */
app.http('whatif', {
  methods: ['POST'],
  route: 'whatif',
  authLevel: 'function',
  handler: async (request, context) => {
    const { answerWhatIf } = await import('../lib/http/whatif.ts');
    return answerWhatIf(request, context);
  },
});
