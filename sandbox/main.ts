import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { main as caretaker } from '../src/cli/main.ts';
import { systemTerminal } from '../src/cli/terminal.ts';
import { narrator } from './narrate.ts';
import { ADELE, startSandbox } from './sandbox.ts';
import { POLICY_NAME, play, policiesUrl } from './story.ts';

/** Every two seconds, so that nobody waits; a real tenant is looked at every quarter of an hour. */
const SCHEDULE = '*/2 * * * * *';

/** May Adele still manage Azure? */
const WHATIF = JSON.stringify({
  signInIdentity: { userId: ADELE },
  signInContext: { includeApplications: ['@azureManagement'] },
});

const HELP = `npm start             tells the story, then stays up for you to tamper with
npm start -- --once   ends after the story; exit code 0 only if all of it happened`;

const { values } = parseArgs({
  options: { once: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (values.help) say(HELP);
else process.exitCode = await sandbox(values.once);

/**
 * A tenant anyone can run: starts everything, tells the story, and with `--once` ends there.
 *
 * @returns the exit code: 0 only if every step of the story really happened
 */
async function sandbox(isOnce: boolean): Promise<number> {
  say('Caretaker, in a sandbox: a simulated tenant, real tables (Azurite), the real function app.');
  const made = await startSandbox({ schedule: SCHEDULE });
  const settings = join(tmpdir(), `caretaker-sandbox-${process.pid}.env`);
  let isLive = false;
  try {
    const baselines = fileURLToPath(new URL('../baselines', import.meta.url));
    say('\n$ caretaker push baselines --yes');
    const pushed = await caretaker(['push', baselines, '--yes', '--message', 'sandbox'], {
      ...systemTerminal(),
      environment: made.environment,
    });
    if (pushed !== 0) return 1;

    const narrate = narrator();
    const host = await made.startApp((line) => {
      const told = isLive ? narrate(line) : undefined;
      if (told !== undefined) say(`${new Date().toISOString().slice(11, 19)} ${told}`);
    });
    const isRight = await play({ graphUrl: made.graphUrl, appUrl: host.url, say });
    say(isRight ? 'Every step happened, as the tenant itself shows.' : 'NOT every step happened.');
    if (isOnce || !isRight) return isRight ? 0 : 1;

    isLive = true;
    writeFileSync(settings, inShell(made.environment), { mode: 0o600 });
    sayHowToPlay(made.graphUrl, host.url, settings);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    say('\nGood-bye. The tenant and its tables were in memory and are gone.');
    return 0;
  } finally {
    rmSync(settings, { force: true });
    await made.close();
  }
}

/** Settings as a shell reads them. */
function inShell(environment: Readonly<Record<string, string>>): string {
  const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join('');
}

function sayHowToPlay(graphUrl: string, appUrl: string, settings: string): void {
  say(`
It stays up and looks every 2 seconds. Tamper with the tenant yourself, from another terminal:

  ID=$(curl -s ${policiesUrl(graphUrl)} | grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4)
  curl -s -X PATCH -H 'content-type: application/json' -d '{"state":"disabled"}' ${policiesUrl(graphUrl)}/$ID

  tenant   ${policiesUrl(graphUrl)}     ("${POLICY_NAME}")
  status   ${appUrl}/api/status
  runs     ${appUrl}/api/runs?top=5
  run now  curl -s -X POST ${appUrl}/api/reconcile
  what if  curl -s -H 'content-type: application/json' -d '${WHATIF}' ${appUrl}/api/whatif

The command line works on it as well, in a shell that has its settings:

  set -a; . ${settings}; set +a
  npm run caretaker -- init mine               # then validate and push mine/baselines
  npm run caretaker -- status --app ${appUrl}
  npm run caretaker -- doctor --app ${appUrl}

Ctrl-C ends it.`);
}
