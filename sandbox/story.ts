import { setTimeout as delay } from 'node:timers/promises';
import { renderReport } from '../src/lib/render.ts';
import type { RunReport, RunSummary } from '../src/lib/report.ts';
import { ADELE, BREAK_GLASS_GROUP, BREAK_GLASS_USER } from './sandbox.ts';

export const POLICY_NAME = 'CA001 - Require MFA for Azure management';
const PATIENCE_MS = 20_000;
const POLL_MS = 100;

type Json = Readonly<Record<string, unknown>>;

/** Where the story takes place. */
export interface Stage {
  readonly graphUrl: string;
  readonly appUrl: string;
  say(line: string): void;
}

interface Act {
  readonly title: string;
  /** What somebody does to the tenant, with plain requests; undefined for the opening. */
  readonly tamper?: (stage: Stage, id: string) => Promise<void>;
  /** Whether the tenant shows that it was put right. */
  readonly isRight: (policy: Json, id: string | undefined) => boolean;
}

const ACTS: readonly Act[] = [
  {
    title: 'The desired state was pushed, and the tenant has no such policy.',
    isRight: isAsDesired,
  },
  {
    title: 'Friday evening: somebody switches the policy off and excludes Adele, "just for today".',
    tamper: (stage, id) =>
      patch(stage, id, {
        state: 'disabled',
        conditions: { users: { excludeUsers: [BREAK_GLASS_USER, ADELE] } },
      }),
    isRight: isAsDesired,
  },
  {
    title: 'Somebody deletes the policy altogether.',
    tamper: (stage, id) => send(stage, 'DELETE', `/${id}`),
    isRight: (policy, id) => isAsDesired(policy) && policy.id === id,
  },
  {
    title: 'Somebody tidies up and removes the emergency accounts’ exclusion.',
    tamper: (stage, id) =>
      patch(stage, id, { conditions: { users: { excludeUsers: [], excludeGroups: [] } } }),
    isRight: isAsDesired,
  },
];

/**
 * Plays the story and says whether every step really happened. Whether it did is asked of the tenant by plain requests;
 * what the engine reports is shown, and believed in nothing.
 */
export async function play(stage: Stage): Promise<boolean> {
  let id: string | undefined;
  let allRight = true;
  for (const [index, act] of ACTS.entries()) {
    stage.say(`\n${index + 1}. ${act.title}`);
    const since = new Date().toISOString();
    const startedAt = Date.now();
    // The tenant took it (anything but 2xx throws), so a policy that is right afterwards was put right.
    if (act.tamper !== undefined && id !== undefined) await act.tamper(stage, id);
    const policy = await until(stage, (found) => act.isRight(found, id));
    if (policy === undefined) {
      stage.say('   NOT put right in time.');
      allRight = false;
      continue;
    }
    id = String(policy.id);
    await tellRun(stage, since);
    stage.say(
      `   The tenant itself says: ${policy.state}, id ${id}, after ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`,
    );
  }
  const count = (await policiesNamed(stage)).length;
  stage.say(`\nIn the end the tenant has ${count} ${count === 1 ? 'policy' : 'policies'} of that name.`);
  return allRight && count === 1;
}

function isAsDesired(policy: Json): boolean {
  const { users, applications } = policy.conditions as {
    users: Record<string, string[]>;
    applications: Record<string, string[]>;
  };
  const grant = policy.grantControls as { builtInControls?: string[] } | null;
  return (
    policy.state === 'enabled' &&
    users.includeUsers?.join() === 'All' &&
    users.excludeUsers?.join() === BREAK_GLASS_USER &&
    users.excludeGroups?.join() === BREAK_GLASS_GROUP &&
    applications.includeApplications?.join() === '797f4846-ba00-4fd7-ba43-dac1f8f63013' &&
    grant?.builtInControls?.join() === 'mfa'
  );
}

async function until(stage: Stage, isRight: (policy: Json) => boolean): Promise<Json | undefined> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const [policy, ...others] = await policiesNamed(stage);
    if (policy !== undefined && others.length === 0 && isRight(policy)) return policy;
    await delay(POLL_MS);
  }
  return undefined;
}

async function policiesNamed({ graphUrl }: Stage): Promise<Json[]> {
  const answer = await fetch(policiesUrl(graphUrl));
  const { value } = (await answer.json()) as { value: Json[] };
  return value.filter((policy) => policy.displayName === POLICY_NAME);
}

export function policiesUrl(graphUrl: string): string {
  return `${graphUrl}/v1.0/identity/conditionalAccess/policies`;
}

async function patch(stage: Stage, id: string, body: Json): Promise<void> {
  await send(stage, 'PATCH', `/${id}`, body);
}

async function send({ graphUrl }: Stage, method: string, path: string, body?: Json): Promise<void> {
  const answer = await fetch(`${policiesUrl(graphUrl)}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!answer.ok)
    throw new Error(`the tenant answered ${answer.status} to ${method} ${path}: ${await answer.text()}`);
}

/** Shows the report of the run that put things right, as soon as it is finished. */
async function tellRun({ appUrl, say }: Stage, since: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const runs = (await (await fetch(`${appUrl}/api/runs?top=20`)).json()) as RunSummary[];
    const run = runs.find(
      ({ finishedAt, applied }) => finishedAt !== null && finishedAt >= since && applied > 0,
    );
    if (run !== undefined) {
      const report = (await (await fetch(`${appUrl}/api/runs/${run.runId}`)).json()) as RunReport;
      for (const line of renderReport(report).split('\n')) say(`   | ${line}`);
      return;
    }
    await delay(POLL_MS);
  }
  say('   (no run has reported a change yet)');
}
