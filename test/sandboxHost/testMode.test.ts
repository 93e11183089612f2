import { app } from '@azure/functions';
import { expect, it, vi } from 'vitest';
import { hosting } from './support.ts';

it('says so when the library went into test mode before the host was there', async () => {
  vi.spyOn(console, 'warn').mockReturnValue();
  app.http('early', { handler: () => ({}) });

  await expect(hosting(['web.ts'])).rejects.toThrow('test mode');
});
