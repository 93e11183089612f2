import { describe, expect, it } from 'vitest';
import { BASELINES, UNAVAILABLE } from '../../src/lib/baselines.ts';
import { BACK_OFF_MS } from '../../src/lib/flapping.ts';
import { LEASE_MS, SKEW_MS } from '../../src/lib/storage/control.ts';
import { KEPT_MS } from '../../src/lib/surroundings.ts';
import { proseOf } from '../../tools/markdown.ts';
import { DOCUMENTS, textOf } from './pages.ts';

/** Pages that a program writes; what they say is measured or taken from the code. */
const GENERATED = /^docs\/(baselines|fields|permissions)\.md$/;
const PAGES = DOCUMENTS.filter(({ path }) => !GENERATED.test(path));

const MINUTES_BETWEEN_RUNS = 15;
const RUNS = (30 * 24 * 60) / MINUTES_BETWEEN_RUNS;
const MEMORY_MB = 512;
/** Azure bills memory in units of 1024 MB. */
const GB_SECONDS_PER_RUN = 60 * (MEMORY_MB / 1024);

/** What somebody else says, in public, and we repeat. */
interface Public {
  readonly source: string;
}

/** Each figure with its unit, and what it comes from: a check against the code, or whoever says so. */
const FIGURES: Readonly<Record<string, Public | (() => void)>> = {
  '24 hours': { source: 'Azure, managed identities: the back end caches tokens for around 24 hours' },
  '30 days': {
    source: 'Entra, how long reports are kept: audit log with P1 or P2; and a month in the sum below',
  },
  '100,000 GB-s': { source: 'Azure Functions pricing, Flex Consumption on demand, free each month' },
  '250,000 executions': { source: 'Azure Functions pricing, Flex Consumption on demand, free each month' },
  '60 s': { source: 'a run that is slower than most, for the sum below' },
  '90 days': () => {
    // Journal and runs; logs; and Microsoft's advice how often to try emergency accounts.
    expect(textOf('src/lib/reconcile.ts')).toContain('KEEP_MS = 90 * 24 * 3600 * 1000');
    expect(textOf('infra/main.parameters.json')).toContain('LOG_RETENTION_DAYS=90}');
  },
  '2 minutes': () => {
    expect(LEASE_MS + SKEW_MS).toBeLessThan(120_000);
    expect(LEASE_MS + SKEW_MS).toBeGreaterThan(90_000);
  },
  'an hour': () => expect([BACK_OFF_MS, KEPT_MS]).toEqual([3_600_000, 3_600_000]),
  'two hours': () => expect(textOf('src/lib/flapping.ts')).toContain('QUIET_MS = 2 * BACK_OFF_MS'),
  'once a day': () => expect(textOf('src/lib/waiting.ts')).toContain('REMIND_MS = 86_400_000'),
  '15 minutes': () => {
    expect(textOf('infra/main.parameters.json')).toContain(
      `RECONCILE_SCHEDULE=0 */${MINUTES_BETWEEN_RUNS} * * * *}`,
    );
    expect(textOf('infra/main.parameters.json')).toContain(`RUN_INTERVAL_MINUTES=${MINUTES_BETWEEN_RUNS}}`);
  },
  '2,880 runs': () => expect(RUNS).toBe(2880),
  '512 MB': () => expect(textOf('infra/hosting.bicep')).toContain(`instanceMemoryMB: ${MEMORY_MB}`),
  '30 GB-s': () => expect(GB_SECONDS_PER_RUN).toBe(30),
  '86,400 GB-s': () => expect(RUNS * GB_SECONDS_PER_RUN).toBe(86_400),
  '64 KiB': () => expect(textOf('src/lib/http/requests.ts')).toContain('BODY_BYTES_MAX = 64 * 1024'),
  '8 KB': () => expect(textOf('src/lib/telemetry/lines.ts')).toContain('BYTES_MAX = 8 * 1024 - 512'),
  '21 templates': () => {
    const ids = [...BASELINES, ...UNAVAILABLE].flatMap(({ templateId }) => templateId ?? []);
    expect(new Set(ids).size).toBe(21);
  },
};

const UNITS =
  'ms|s|seconds?|min|minutes?|hours?|days?|weeks?|months?|years?|[KMG]i?B|GB-s|%|executions|runs|templates|requests|policies|characters|worlds|tests';
const FIGURE = new RegExp(
  `(?<![\\w.,-])\\d[\\d,.]*[ -]?(?:${UNITS})(?![\\w-])|\\b(?:two|an) hours?\\b|\\bonce a day\\b`,
  'g',
);

describe('every figure in the documents', () => {
  const found = PAGES.flatMap(({ path, text }) =>
    [...proseOf(text).replaceAll(/\s+/g, ' ').matchAll(FIGURE)].map(([figure]) => ({ path, figure })),
  );

  it('comes from the code, or from whoever is named here', () => {
    expect(found.filter(({ figure }) => !Object.hasOwn(FIGURES, figure))).toEqual([]);
  });

  it.each(Object.entries(FIGURES))('%s is used, and is so', (figure, from) => {
    expect(found.map((one) => one.figure)).toContain(figure);
    if (typeof from === 'function') from();
    else expect(from.source.length).toBeGreaterThan(20);
  });
});

describe('pages of what was counted or measured', () => {
  it.each([
    ['docs/worlds.md', 'simulate'],
    ['bench/RESULTS.md', 'bench'],
  ])('%s says which script wrote it, so that anybody can have it written again', (path, name) => {
    expect(textOf(path)).toMatch(
      new RegExp(`^# .+\\n\\nWritten by \`npm run ${name}\\b[^\`]*\`[.;] [Dd]o not edit\\.`),
    );
    expect(JSON.parse(textOf('package.json')).scripts).toHaveProperty(name);
  });
});
