import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PAGE_POLICY, statusPage } from '../src/lib/http/page.ts';
import { renderReport, renderStatus } from '../src/lib/render.ts';
import type { RunReport } from '../src/lib/report.ts';
import { readSettings } from '../src/lib/settings.ts';
import { type Status, statusOf } from '../src/lib/status.ts';
import { article, BREAK_GLASS_USER, TENANT, world } from './support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const EMERGENCY = 'EM01 - ENABLE IN EMERGENCY: Block all';
const APP = 'https://caretaker.example.net';
const DAY_MS = 86_400_000;
const HOSTILE = `"><script>alert('x')</script>&amp;<img src=x onerror=alert(1)>\u202e\u001b[2J\nheld: 0`;
/** As much of it as a desired policy may be named. */
const HOSTILE_NAME = HOSTILE.replace('\u202e', '');

interface Night {
  readonly status: Status;
  readonly report: RunReport;
  readonly digest: string;
  readonly now: number;
}

/** A looser version has waited for three days, an emergency has been on for as long, and the tenant is frozen since. */
async function night(name = NAME, isTampered = false): Promise<Night> {
  const made = await world();
  const one = article({ displayName: name });
  const emergency = { caretaker: { contingency: true }, displayName: EMERGENCY, state: 'disabled' };
  await made.push({ one, emergency: article(emergency) });
  await made.run();
  await made.push({ one: { ...one, state: 'enabledForReportingButNotEnforced' } });
  await made.run();
  made.tenant.admin.edit(String(made.live(EMERGENCY).id), (policy) => {
    policy.state = 'enabled';
  });
  await made.run();
  await made.wait(3 * DAY_MS);
  if (isTampered) {
    made.tenant.admin.edit(String(made.live(name).id), (policy) => {
      policy.state = 'disabled';
    });
  }
  const report = await made.run();
  const ports = made.ports();
  const now = made.clock.now();
  const since = new Date(now - 3_600_000).toISOString();
  const until = new Date(now + 2 * 3_600_000).toISOString();
  await ports.control.freeze({ reason: 'migration', by: 'ada', since, until });
  const { settings } = readSettings({
    TENANT_ID: TENANT,
    MODE: 'enforce',
    STATE_STORAGE: 'UseDevelopmentStorage=true',
    BREAK_GLASS_USERS: BREAK_GLASS_USER,
    RECONCILE_SCHEDULE: '0 */15 * * * *',
  });
  const status = await statusOf(ports, settings);
  return { status, report, digest: status.held[0]?.digest ?? '', now };
}

describe('status', () => {
  it('lists what waits with its age, why, and whether a person can let it go', async () => {
    const { status, digest } = await night();

    expect(status.held).toEqual([
      {
        key: 'one',
        displayName: NAME,
        digest,
        verdict: 'hold',
        action: 'update',
        version: 2,
        author: 'test',
        rules: ['loosening'],
        reasons: [expect.stringContaining('it enforces less than version 1: state')],
        since: expect.any(String),
        isApprovable: true,
        approved: null,
        meanwhile: null,
      },
    ]);
    expect(status.denied).toEqual([]);
  });

  it('reads like a page for somebody who was woken', async () => {
    const { status, digest, now } = await night();
    const [held] = status.held;
    if (held === undefined) throw new Error('nothing is held');

    const text = renderStatus({ ...status, denied: [{ ...held, verdict: 'deny' }] }, now, undefined);

    const [, , , ...rest] = text.split('\n');
    expect(rest).toEqual([
      expect.stringMatching(/^ {2}! frozen by ada since .* until .*, for another 2 h: migration$/),
      expect.stringMatching(/^ {2}! EMERGENCY: emergency "EM01.*" has been on for 3 d, since /),
      'denied, and never carried out:',
      `  one "${NAME}": update to version 2 by test, denied for 3 d (digest ${digest.slice(0, 12)})`,
      '      it enforces less than version 1: state',
      'waiting:',
      `  one "${NAME}": update to version 2 by test, has waited 3 d (digest ${digest.slice(0, 12)})`,
      '      it enforces less than version 1: state',
      `      to approve it: caretaker approve ${digest.slice(0, 12)} --reason "…"`,
      'policies:',
      `  emergency "${EMERGENCY}": in sync`,
      `  one "${NAME}": modified, hold`,
    ]);
  });

  it('tells consent that no run has used yet, and what a person cannot lift', async () => {
    const { status, now } = await night();
    const [held] = status.held;
    if (held === undefined) throw new Error('nothing is held');
    const approved = { by: { id: '1', name: 'Grace' }, reason: 'CHG-1201' };

    const text = renderStatus(
      {
        ...status,
        held: [
          { ...held, approved },
          { ...held, isApprovable: false },
        ],
      },
      now,
      undefined,
    );

    expect(text).toContain('approved by Grace, goes with the next run: CHG-1201');
    expect(text).toContain('approving it would not help');
    expect(text).not.toContain('caretaker approve');
  });
});

describe('a report', () => {
  it('tells what waits apart from what drifted, with its age and the words that let it go', async () => {
    const { report, digest } = await night();

    const text = renderReport(report, APP);

    expect(text).toMatch(/^held: a change waits for a person, or was denied\n {2}run /);
    expect(text).toContain('! EMERGENCY: emergency');
    expect(text).toMatch(/\nwaiting:\n {2}one /);
    expect(text).toContain(`planned: update, has waited 3 d (digest ${digest.slice(0, 12)})`);
    expect(text).toContain(
      `to approve it: caretaker approve ${digest.slice(0, 12)} --app ${APP} --reason "…"`,
    );
    expect(text).toContain('in sync: emergency');
    expect(text).not.toContain('drifted:');
  });

  it('says how the tenant stands to what is desired, whether it drifted or a version waits', async () => {
    const { push, run, tenant, live } = await world();
    await push({ one: article() });
    await run();
    await push({ one: article({ state: 'disabled' }) });
    const waiting = await run();
    tenant.admin.edit(String(live(String(article().displayName)).id), (policy) => {
      policy.grantControls?.builtInControls.push('compliantDevice');
    });
    const drifted = await run({ mode: 'observe' });

    expect(renderReport(waiting)).toContain('state: disabled → enabled (the tenant is stricter)');
    expect(renderReport(drifted)).toContain('builtInControls: +compliantDevice (the tenant is looser)');
  });

  it('lets no name of the tenant move the cursor, turn the writing round or begin a line', async () => {
    const { report, status, now } = await night(HOSTILE_NAME);

    for (const text of [renderReport(report), renderStatus(status, now, undefined)]) {
      expect(text).toContain('onerror=alert(1)>\u{fffd}[2J\u{fffd}held: 0');
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }
  });
});

describe('a lock-out and an account that is not in order', () => {
  const ill: RunReport['protected'][number] = {
    id: BREAK_GLASS_USER,
    kind: 'user',
    memberOf: null,
    health: 'disabled',
    reason: null,
  };
  const lockOut = { rule: 'lockOut', decision: 'note', detail: '"CA900" would block it' } as const;
  const mended = 'is disabled: enable the account, and find out who disabled it';
  const ended = /! to end a LOCK-OUT: exclude the emergency accounts from the policy/g;

  it('are told with what to do about them, once for all lock-outs', async () => {
    const { report, status, now } = await night();
    const found = { findings: [lockOut, lockOut], protected: [ill] };

    for (const text of [
      renderReport({ ...report, ...found }),
      renderStatus({ ...status, ...found }, now, undefined),
    ]) {
      expect(text).toContain(mended);
      expect(text.match(/! LOCK-OUT: /g)).toHaveLength(2);
      expect(text.match(ended)).toHaveLength(1);
    }
    expect(renderReport(report)).not.toContain('to end a LOCK-OUT');
  });

  it('are told of the accounts once, and of each change only where it waits for them', async () => {
    const { report } = await night();
    const finding = { rule: 'identityHealth', decision: 'note', detail: 'mend this first' } as const;
    const [policy] = report.policies.filter(({ verdict }) => verdict === 'hold');
    if (policy === undefined) throw new Error('nothing is held');
    const told = (decision: 'note' | 'hold'): string =>
      renderReport({
        ...report,
        protected: [ill],
        policies: [{ ...policy, findings: [{ ...finding, decision }] }],
      });

    expect(told('note')).not.toContain('mend this first');
    expect(told('hold')).toContain('HOLD identityHealth: mend this first');
  });

  it('cannot be where no account is named, which is told', async () => {
    const { report } = await night();
    const nobody =
      'neither BREAK_GLASS_USERS nor BREAK_GLASS_GROUPS names anybody, so nothing is ever written';

    expect(renderReport({ ...report, protected: [] })).toContain(`  ! ${nobody}`);
    expect(renderReport({ ...report, status: 'failed', protected: [] })).not.toContain(nobody);
    expect(renderReport({ ...report, protected: [ill] })).not.toContain(nobody);
  });

  it('are shouted of a policy of ours as long as they stand, beside what is done about it', async () => {
    const { run, tenant, push, live } = await world();
    await push({ own: article() });
    await run();
    tenant.admin.edit(String(live(NAME).id), (policy) => {
      policy.conditions.users = { includeUsers: ['All'] } as never;
    });

    const seen = renderReport(await run({ mode: 'observe' }));
    const mended = renderReport(await run());
    const after = renderReport(await run());

    expect(seen).toMatch(/^drifted: .*; an emergency account can be shut out$/m);
    expect(seen.match(/! LOCK-OUT: "CA001/g)).toHaveLength(1);
    expect(seen).not.toContain('note lockOut');
    expect(mended).toMatch(/^remediated: every drift was put right$/m);
    expect(mended).toContain('note lockOut: "CA001');
    for (const text of [mended, after]) expect(text).not.toContain('LOCK-OUT');
  });

  it('are in the first line, however well our own policies stand', async () => {
    const { report } = await night();
    const told = renderReport({ ...report, status: 'inSync', policies: [], findings: [lockOut] });

    expect(told).toMatch(/^inSync: the tenant is as desired; an emergency account can be shut out$/m);
  });

  it('stand in the heading of the page', async () => {
    const { status, now } = await night();

    const page = statusPage({ ...status, freeze: null, findings: [lockOut] }, now, APP);

    expect(page).toContain('<h1>LOCK-OUT, held, 1 waiting</h1>');
    expect(page).toContain('to end a LOCK-OUT');
  });
});

describe('a repair while a newer version waits', () => {
  it('is told beside what waits, everywhere', async () => {
    const { report, status, now } = await night(NAME, true);

    for (const text of [
      renderReport(report),
      renderStatus(status, now, undefined),
      statusPage(status, now, APP),
    ])
      expect(text).toContain('kept at version 1 meanwhile: update applied');
  });
});

describe('the page', () => {
  it('shows what waits, the emergency, the freeze and every policy', async () => {
    const { status, digest, now } = await night();

    const page = statusPage(status, now, APP);

    expect(page).toContain('<title>Caretaker: frozen, held, 1 waiting</title>');
    expect(page).toContain('has waited 3 d');
    expect(page).toContain(`caretaker approve ${digest.slice(0, 12)} --app ${APP} --reason &quot;…&quot;`);
    expect(page).toContain('has been on for 3 d');
    expect(page).toContain('for another 2 h: migration');
    expect(page).toContain(`<td>${EMERGENCY}</td>`);
  });

  it('escapes whatever comes from the tenant, the tables or a person', async () => {
    const { status, now } = await night(HOSTILE_NAME);
    const [held] = status.held;
    if (held === undefined) throw new Error('nothing is held');
    const hostile: Status = {
      ...status,
      tenantId: HOSTILE,
      schedule: HOSTILE,
      warnings: [HOSTILE],
      freeze: { reason: HOSTILE, by: HOSTILE, since: HOSTILE, until: null },
      findings: [{ rule: 'lockOut', decision: 'note', detail: HOSTILE }],
      held: [
        { ...held, author: HOSTILE, rules: [HOSTILE], reasons: [HOSTILE], action: HOSTILE },
        { ...held, approved: { by: { id: '', name: HOSTILE }, reason: HOSTILE } },
      ],
      denied: [{ ...held, verdict: 'deny', digest: HOSTILE, reasons: [], rules: [HOSTILE] }],
    };

    const page = statusPage(hostile, now, HOSTILE);

    const tags = [...page.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, name]) => name);
    expect(tags).not.toContain('script');
    expect(tags).not.toContain('img');
    expect(page).not.toContain('\u202e');
    expect(page).toContain('&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;');
    const attributes = [...page.matchAll(/<[a-z][^>]*>/gi)].map(([tag]) => tag);
    expect(attributes.filter((tag) => /\son\w+=|javascript:|\shref=|\ssrc=/i.test(tag))).toEqual([]);
  });

  it('allows itself nothing but its own style', async () => {
    const { status, now } = await night();

    const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(statusPage(status, now, APP)) ?? [];

    const hash = createHash('sha256').update(style).digest('base64');
    expect(PAGE_POLICY).toContain(`default-src 'none'; style-src 'sha256-${hash}';`);
    expect(PAGE_POLICY).not.toContain('unsafe');
  });

  it('says little when there is little to say', async () => {
    const { status, now } = await night();
    const quiet: Status = {
      ...status,
      warnings: [],
      freeze: null,
      lastRun: null,
      policies: [],
      unmanaged: [],
      protected: [],
      findings: [],
      held: [],
      denied: [],
    };

    const page = statusPage(quiet, now, APP);

    expect(page).toContain('<h1>no run yet</h1>');
    expect(page).not.toContain('<h2>');
    expect(page).not.toContain('<li>');
  });
});
