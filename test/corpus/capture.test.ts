import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { capture } from '../../src/lib/capture.ts';
import { effective } from '../../src/lib/desired.ts';
import { fieldDrifts } from '../../src/lib/diff.ts';
import { readExport } from '../../src/lib/exports.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import { CORPUS } from './corpus.ts';

/** What becomes of every file of the corpus; `UPDATE=1` writes it anew. Verdicts only, nothing of what the files say. */
const TABLE = new URL('./captures.json', import.meta.url);
const FOLDERS = ['drift-pairs', 'policies', 'raw-encodings', 'whatif', 'wrapped'];
const NOBODY = { users: [], groups: [] };
const FACTS = { parameters: {}, identities: NOBODY, names: new Map<string, string>(), own: new Map() };

interface Told {
  readonly verdict: string;
  /** Each problem as the command line would tell it. */
  readonly problems: readonly string[];
}

function verdictOn(bytes: Uint8Array): Told {
  const { policies, problems } = readExport(bytes);
  const captures = policies.map(({ raw }) => capture(raw, FACTS));
  for (const [index, captured] of captures.entries()) {
    if (captured.kind === 'refused') continue;
    const observed = canonical(policies[index]?.raw ?? {});
    expect(fieldDrifts(effective(captured.document.raw, {}, NOBODY), observed)).toEqual([]);
  }
  const refused = captures.flatMap((one) => (one.kind === 'refused' ? one.problems : []));
  const kinds = [...new Set([...problems, ...refused].map(({ kind }) => kind))].sort();
  const count = captures.filter(({ kind }) => kind === 'captured').length;
  return {
    verdict: [...(count > 0 ? [`captures ${count}`] : []), ...kinds].join(', '),
    problems: [...problems, ...refused].map(({ path, message }) => `${path} ${message}`),
  };
}

describe.skipIf(CORPUS === undefined)('every public file (skipped without CA_CORPUS)', () => {
  it('is captured, all of it, or gets an error a person can act on', () => {
    const files = FOLDERS.flatMap((folder) =>
      readdirSync(join(CORPUS ?? '', folder))
        .filter((name) => name.endsWith('.json'))
        .sort()
        .map((name) => `${folder}/${name}`),
    );
    const told = new Map(files.map((file) => [file, verdictOn(readFileSync(join(CORPUS ?? '', file)))]));
    const verdicts = Object.fromEntries([...told].map(([file, { verdict }]) => [file, verdict]));
    if (process.env.UPDATE === '1') writeFileSync(TABLE, `${JSON.stringify(verdicts, null, 2)}\n`);

    expect(verdicts).toEqual(JSON.parse(existsSync(TABLE) ? readFileSync(TABLE, 'utf8') : '{}'));
    expect(Object.values(verdicts).filter((verdict) => verdict === '')).toEqual([]);
    expect(Object.values(verdicts).filter((verdict) => verdict.includes('lossy'))).toEqual([]);
    for (const { problems } of told.values())
      for (const problem of problems) expect(problem).toMatch(/^\S* \S.{10,}$/s);
  });
});
