import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../sandbox/azurite.ts';
import { createStorage, type TenantStorage } from '../../src/lib/storage/index.ts';
import { handClock } from '../contract/bench.ts';

const TENANT = '11111111-2222-4333-8444-555555555555';

/** Rows with columns that the client would never send: to it, they are names of its own. */
describe('a planted row with a column that is named like a part of every row', () => {
  let azurite: Azurite;
  let storage: TenantStorage;

  beforeAll(async () => {
    azurite = await startAzurite();
    const clock = handClock();
    const opened = createStorage({ connectionString: azurite.connectionString }, clock);
    await opened.createTables();
    storage = opened.open(TENANT, clock.now() + 60_000);
    const item = { content: '{}', active: true, author: 'ann', message: '', pushedAt: '', baseHash: null };
    await storage.desired.push([
      { ...item, key: 'ours' },
      { ...item, key: 'theirs' },
    ]);
  });
  afterAll(() => azurite.close());

  it.each([
    ['partitionKey', 'another tenant'],
    ['rowKey', 'head|ours'],
    ['rowKey', 5],
    ['timestamp', 'never'],
    ['etag', '*'],
  ])('%s = %j, is damage of its own and of no other', async (column, value) => {
    await plant(azurite, 'head|planted', { [column]: value });

    const { versions, damaged } = await storage.desired.heads();

    expect(versions.map(({ key }) => key)).toEqual(['ours', 'theirs']);
    expect(damaged.map(({ key }) => key)).toEqual(['planted']);
  });

  it('is read under its own key when it is asked for alone', async () => {
    const [head] = (await storage.desired.heads()).versions;
    await plant(azurite, 'version|ours|0000000007', { rowKey: 'version|ours|0000000001' });

    expect(await storage.desired.version('ours', 7)).toBeUndefined();
    expect(await storage.desired.version('ours', 1)).toEqual(head);
  });
});

/** Writes a row with just these columns, whatever the client makes of their names. */
async function plant(
  { connectionString }: Azurite,
  rowKey: string,
  columns: Readonly<Record<string, unknown>>,
): Promise<void> {
  const client = TableClient.fromConnectionString(connectionString, 'desired', {
    allowInsecureConnection: true,
  });
  const asItIs: Parameters<typeof client.pipeline.addPolicy>[0] = {
    name: 'asItIs',
    sendRequest(request, next) {
      request.body = JSON.stringify({ PartitionKey: TENANT, RowKey: rowKey, ...columns });
      request.headers.delete('content-length');
      return next(request);
    },
  };
  client.pipeline.addPolicy(asItIs);
  await client.upsertEntity({ partitionKey: TENANT, rowKey }, 'Replace');
}
