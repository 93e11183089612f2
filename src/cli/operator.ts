import {
  AzureCliCredential,
  AzureDeveloperCliCredential,
  ChainedTokenCredential,
  type TokenCredential,
} from '@azure/identity';
import type { World } from '../lib/app.ts';
import type { Terminal } from './terminal.ts';

/** The tables are reached as the person at the keyboard, unless this runs where a managed identity is. */
export function operatorCredential(terminal: Terminal): Pick<World, 'tablesCredential'> {
  const { environment, world } = terminal;
  const isIdentityHere = environment.IDENTITY_ENDPOINT !== undefined;
  const usesTokens = environment.STATE_STORAGE__tableServiceUri !== undefined;
  const isNeeded = world.tablesCredential !== undefined || (usesTokens && !isIdentityHere);
  return isNeeded ? { tablesCredential: operatorSignIn(terminal) } : {};
}

/** The sign-in of the person at the keyboard: what the Azure CLI or azd hold. */
export function operatorSignIn({ world }: Terminal): TokenCredential {
  return (
    world.tablesCredential ??
    new ChainedTokenCredential(new AzureCliCredential(), new AzureDeveloperCliCredential())
  );
}
