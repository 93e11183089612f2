import { describe, expect, it } from 'vitest';
import { connect } from '../../src/lib/storage/connect.ts';

const KEY = 'c2VjcmV0LWtleS1vZi10aGUtYWNjb3VudA==';
const refusedAs = (settings: Parameters<typeof connect>[0], message: RegExp) =>
  expect(() => connect(settings)).toThrow(
    expect.objectContaining({ kind: 'config', message: expect.stringMatching(message) }),
  );

const written = (endpoint: string, protocol = 'http') =>
  `DefaultEndpointsProtocol=${protocol};AccountName=account;AccountKey=${KEY};TableEndpoint=${endpoint};`;

describe('the way to the account', () => {
  it('goes by identity to an https address', () => {
    const credential = { getToken: async () => null };

    const { account, open } = connect({
      tableServiceUri: 'https://state.table.core.windows.net/',
      credential,
    });

    expect(account).toBe('state.table.core.windows.net');
    expect(open('desired', () => {}).url).toBe('https://state.table.core.windows.net');
  });

  it.each([
    ['UseDevelopmentStorage=true', '127.0.0.1:10002/devstoreaccount1'],
    [written('http://127.0.0.1:4711/account'), '127.0.0.1:4711/account'],
    [written('http://localhost:4711/account'), 'localhost:4711/account'],
    [written('http://[::1]:4711/account'), '[::1]:4711/account'],
    [written('https://state.table.core.windows.net', 'https'), 'state.table.core.windows.net'],
    [
      `DefaultEndpointsProtocol=https;AccountName=state;AccountKey=${KEY};EndpointSuffix=core.windows.net`,
      'state.table.core.windows.net',
    ],
    [
      'TableEndpoint=https://state.table.core.windows.net;SharedAccessSignature=sv=2019-02-02&sig=secret',
      'state.table.core.windows.net',
    ],
  ])('goes by connection string to %s', (connectionString, account) => {
    expect(connect({ connectionString }).account).toBe(account);
  });

  it.each([
    'http://state.table.core.windows.net',
    'http://127.0.0.1.example.org/account',
    'http://10.0.0.4:10002/account',
    'http://localhost.example.org/account',
  ])('refuses %s, which would send the data in the clear', (endpoint) => {
    refusedAs(
      { connectionString: written(endpoint) },
      /is not on this machine, so its endpoint must be https/,
    );
    refusedAs({ tableServiceUri: endpoint }, /STATE_STORAGE__tableServiceUri must be an https address/);
  });

  it.each(['', 'nonsense', 'AccountName=x', `AccountKey=${KEY}`, written('not an address')])(
    'refuses %j without repeating what may be a key',
    (connectionString) => {
      refusedAs({ connectionString }, /STATE_STORAGE is not a connection string/);
      expect(() => connect({ connectionString })).toThrow(expect.not.stringContaining(KEY));
    },
  );

  it.each(['', 'state', 'https://state.table.core.windows.net/?sv=1&sig=x', 'https://u:p@state.example.org'])(
    'refuses the address %j',
    (tableServiceUri) => {
      refusedAs({ tableServiceUri }, /STATE_STORAGE__tableServiceUri must be/);
    },
  );

  it('refuses two ways, and none', () => {
    refusedAs(
      { tableServiceUri: 'https://a.example.org', connectionString: 'UseDevelopmentStorage=true' },
      /both set/,
    );
    refusedAs({}, /neither .* nor .* is set/);
  });
});
