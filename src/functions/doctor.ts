import { app } from '@azure/functions';

/** `GET /api/doctor`: what this deployment stands on, and how to mend what is wrong. Writes nothing. */
app.http('doctor', {
  methods: ['GET'],
  route: 'doctor',
  authLevel: 'function',
  handler: async (request, context) => {
    const { showExamination } = await import('../lib/http/doctor.ts');
    return showExamination(request, context);
  },
});
