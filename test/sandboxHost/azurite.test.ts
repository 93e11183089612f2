import { TableClient } from '@azure/data-tables';
import { afterEach, expect, it, vi } from 'vitest';
import { type Azurite, startAzurite } from '../../sandbox/azurite.ts';

let azurite: Azurite | undefined;

afterEach(async () => {
  await azurite?.close();
  azurite = undefined;
});

function table(): TableClient {
  return TableClient.fromConnectionString(azurite?.connectionString ?? '', 'things', {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });
}

it('keeps rows while it runs, says nothing, and forgets them', async () => {
  const written = vi.spyOn(process.stdout, 'write');
  azurite = await startAzurite();
  const port = Number(new URL(azurite.url).port);
  await table().createTable();
  await table().createEntity({ partitionKey: 'a', rowKey: 'b', value: 1 });

  const row = await table().getEntity('a', 'b');
  await azurite.close();
  azurite = await startAzurite({ port });

  expect(row.value).toBe(1);
  expect(azurite.url).toBe(`http://127.0.0.1:${port}/devstoreaccount1`);
  await expect(table().getEntity('a', 'b')).rejects.toMatchObject({ statusCode: 404 });
  expect(written).not.toHaveBeenCalled();
});
