import {
  AzureCliCredential,
  AzureDeveloperCliCredential,
  ChainedTokenCredential,
  type TokenCredential,
} from '@azure/identity';
import { type App, createApp, type World } from '../lib/app.ts';
import { Fault } from '../lib/fault.ts';
import type { SettingsProblem } from '../lib/settings.ts';
import type { Terminal } from './terminal.ts';

/** The tables are reached as the person at the keyboard, unless this runs where a managed identity is. */
export function operatorCredential(terminal: Terminal): Pick<World, 'tablesCredential'> {
  const { environment, world } = terminal;
  const isIdentityHere = environment.IDENTITY_ENDPOINT !== undefined;
  const usesTokens = environment.STATE_STORAGE__tableServiceUri !== undefined;
  const isNeeded = world.tablesCredential !== undefined || (usesTokens && !isIdentityHere);
  return isNeeded ? { tablesCredential: operatorSignIn(terminal) } : {};
}

/** Neither of these programs may keep a command waiting for ever. */
const PATIENCE = { processTimeoutInMs: 30_000 };

/** The sign-in of the person at the keyboard: what the Azure CLI or azd hold. */
export function operatorSignIn({ world }: Terminal): TokenCredential {
  return (
    world.tablesCredential ??
    new ChainedTokenCredential(new AzureCliCredential(PATIENCE), new AzureDeveloperCliCredential(PATIENCE))
  );
}

/** Settings that reaching the tables needs; the others are the deployed app's business. */
const NEEDED = new Set([
  'TENANT_ID',
  'STATE_STORAGE',
  'STATE_STORAGE__tableServiceUri',
  'AZURE_CLIENT_ID',
  'DESIRED_STATE_SIGNERS',
]);

/**
 * The program as far as the tables go: for pushing, approving, freezing.
 *
 * @throws Fault `config` naming every wrong setting that matters for it
 */
export function tablesHere(terminal: Terminal): App {
  return built(terminal, ({ setting }) => !NEEDED.has(setting));
}

/** The whole program. @throws Fault `config` naming every wrong setting */
export function appHere(terminal: Terminal): App {
  return built(terminal, () => false);
}

function built(terminal: Terminal, ignore: (problem: SettingsProblem) => boolean): App {
  const read = createApp(terminal.environment, {
    ...terminal.world,
    ...operatorCredential(terminal),
    ignore,
  });
  if (read.ok) return read.app;
  throw new Fault('config', read.problems.map(({ setting, problem }) => `${setting} ${problem}`).join('\n'));
}
