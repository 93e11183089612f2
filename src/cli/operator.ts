import { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } from '@azure/identity';
import type { World } from '../lib/app.ts';
import type { Terminal } from './terminal.ts';

/** The tables are reached as the person at the keyboard, unless this runs where a managed identity is. */
export function operatorCredential({ environment, world }: Terminal): Pick<World, 'tablesCredential'> {
  if (world.tablesCredential !== undefined) return { tablesCredential: world.tablesCredential };
  const isIdentityHere = environment.IDENTITY_ENDPOINT !== undefined;
  const usesTokens = environment.STATE_STORAGE__tableServiceUri !== undefined;
  if (isIdentityHere || !usesTokens) return {};
  return {
    tablesCredential: new ChainedTokenCredential(new AzureCliCredential(), new AzureDeveloperCliCredential()),
  };
}
