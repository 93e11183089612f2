import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IDS } from '../laws/generators.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';
import { article } from '../support/world.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'caretaker-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

async function validate(...paths: string[]): Promise<Told> {
  const { code, out, err } = await caretakerIn({}, ['validate', ...paths]);
  const short = (text: string): string => text.replaceAll(`${folder}/`, '');
  return { code, out: short(out), err: short(err) };
}

const policy = (displayName: string, change: Record<string, unknown> = {}): string =>
  JSON.stringify(article({ displayName, ...change }), null, 2);
const sparing = (group: string): Record<string, unknown> => ({
  conditions: {
    users: { includeUsers: ['All'], excludeGroups: [group] },
    applications: { includeApplications: ['All'] },
  },
});

describe('caretaker validate', () => {
  it('warns of a policy for an emergency account that the settings here name, and of no other', async () => {
    const [user, group] = ['b1ea0000-0000-4000-8000-000000000001', 'b1ea0000-0000-4000-8000-0000000000f1'];
    const applications = { includeApplications: ['All'] };
    const forWhom = (users: object) => ({ conditions: { users, applications } });
    write({
      'a.json': policy('A', forWhom({ includeUsers: [user], includeGroups: [group.toUpperCase()] })),
      'b.json': policy('B', forWhom({ includeUsers: ['All'], excludeUsers: [user] })),
    });
    const environment = { BREAK_GLASS_USERS: user, BREAK_GLASS_GROUPS: group };

    const { code, out } = await caretakerIn({ environment }, ['validate', folder]);

    expect(code).toBe(0);
    expect(out).toMatch(
      new RegExp(`a\\.json:\\d+:\\d+: note: conditions\\.users\\.includeUsers names the protected ${user}`),
    );
    expect(out).toContain(`includeGroups names the protected ${group}`);
    expect(out.match(/every run denies/g)).toHaveLength(2);
    expect((await validate(folder)).out).not.toContain('every run denies');
  });

  it('says once of a misspelled member that it is none, with what was written there', async () => {
    const users = { includeUsers: ['All'], excludeUser: ['@breakGlassUsers'] };
    const conditions = { users, applications: { includeApplications: ['All'] } };
    write({ 'typo.json': policy('Typo', { conditions }) });

    const { err } = await validate(folder);

    expect(err).toMatch(
      /^typo\.json:\d+:\d+: conditions\.users\.excludeUser is no member of Graph v1\.0’s policy: \["@breakGlassUsers"\]; [^\n]*\n$/,
    );
  });

  it('says file, line, column, member, what is wrong, how to mend it and the rule, for every file at once', async () => {
    write({
      'b.json': '{\n  "displayName": "B",\n  "state": "On",\n  "conditions": {}\n}\n',
      'a.json': '{\n  "displayName": "A",,\n}\n',
    });

    const { code, out, err } = await validate(folder);

    expect(code).toBe(2);
    expect(err.trimEnd().split('\n')).toEqual([
      'a.json:2:22: lacks the name of a member here; write "name": value, the name in double quotes (notJson)',
      'a.json:3:1: has a comma before a closing bracket; take the comma away (notJson)',
      expect.stringMatching(/^b\.json:1:1: grantControls asks for nothing, .* \(serviceRule controls\)$/),
      'b.json:3:12: state cannot be "On"; write disabled, enabledForReportingButNotEnforced or enabled (wrongShape)',
      expect.stringMatching(
        /^b\.json:4:17: conditions\.applications names no target; .* \(serviceRule 1011\)$/,
      ),
      expect.stringMatching(/^b\.json:4:17: conditions\.users includes nobody; .* \(serviceRule users\)$/),
    ]);
    expect(out).toBe('0 of 2 policies are valid\n');
  });

  it('answers as JSON with the same members in the same order, whatever the problem', async () => {
    write({ 'a.json': '{"displayName": "A", "state": "enabled", "conditions": 1}', 'b.json': policy('B') });

    const { code, out } = await validate(folder, '--json');

    expect(code).toBe(2);
    const answer = JSON.parse(out) as { problems: object[] };
    expect(answer).toMatchObject({ valid: [{ file: 'b.json', key: 'b', displayName: 'B' }], notes: [] });
    expect(answer.problems).not.toEqual([]);
    for (const problem of answer.problems)
      expect(Object.keys(problem)).toEqual([
        'file',
        'line',
        'column',
        'kind',
        'code',
        'path',
        'message',
        'mend',
      ]);
  });

  it('refuses two files with one name, also where one of them has problems of its own', async () => {
    write({
      'a.json': policy('Same', { state: 'On' }),
      'b.json': policy('Same'),
      'c.json': policy('Other'),
    });

    const { err, out } = await validate(folder);

    expect(err).toMatch(/^b\.json:2:18: displayName "Same" is also the name in a\.json; .* \(sameName\)$/m);
    expect(out).toContain('1 of 3');
  });

  it('refuses a name that is no key, and one key from two folders', async () => {
    write({ 'Upper.json': policy('A'), 'x/k.json': policy('B'), 'y/k.json': policy('C') });

    const { err } = await validate(folder, join(folder, 'x'), join(folder, 'y'));

    expect(err).toMatch(/^Upper\.json:1:1: cannot have the key "Upper"; .* \(wrongKey\)$/m);
    expect(err).toMatch(/^y\/k\.json:1:1: has the key "k", and so has x\/k\.json; .* \(wrongKey\)$/m);
  });

  it('takes UTF-8 with a byte order mark, and says of UTF-16 what it is and how to mend it', async () => {
    write({
      'good.json': `\uFEFF${policy('A')}`,
      'wide.json': Buffer.from(`\uFEFF${policy('B')}`, 'utf16le'),
    });

    const { err, out } = await validate(folder);

    expect(err).toMatch(/^wide\.json:1:1: is written in UTF-16 .*; save it as UTF-8 .* \(encoding\)\n$/);
    expect(out).toContain('1 of 2');
  });

  it('accepts read-only members and empty unknown ones with a note and its place', async () => {
    write({
      'a.json': policy('A', { id: IDS[0], conditions: { ...(article().conditions as object), agents: {} } }),
    });

    const { code, out } = await validate(folder);

    expect(code).toBe(0);
    expect(out).toMatch(/^a\.json:\d+:\d+: note: id is read-only and was dropped$/m);
    expect(out).toMatch(
      /^a\.json:\d+:\d+: note: conditions\.agents is empty and unknown to v1\.0, and was dropped$/m,
    );
  });

  it('uses the parameters beside a file, never takes them for a policy, and notes those nobody names', async () => {
    write({
      'one/parameters.json': `{"pilots": "${IDS[0]}",\n "spare": "${IDS[1]}"}`,
      'one/a.json': policy('A', sparing('@pilots')),
      'two/b.json': policy('B', sparing('@pilots')),
    });

    const one = await validate(join(folder, 'one'));
    const single = await validate(join(folder, 'one/a.json'));
    const two = await validate(join(folder, 'two'));
    const alone = await validate(join(folder, 'one/parameters.json'));

    expect(one).toEqual({
      code: 0,
      err: '',
      out: 'one/parameters.json:2:2: note: spare is named by no policy\n1 of 1 policies are valid\n',
    });
    expect(single).toEqual({ code: 0, err: '', out: '1 of 1 policies are valid\n' });
    expect(two.err).toMatch(/names @pilots, which nobody knows.*write "pilots" into parameters\.json/);
    expect(alone).toMatchObject({ code: 2, err: expect.stringContaining('no policy') });
  });

  it('says of a parameter without a value where it is named, and where it is to get one', async () => {
    write({
      'parameters.json': '{\n  "spare": "",\n  "pilots": []\n}',
      'a.json': policy('A', sparing('@pilots')),
      'b.json': policy('B', sparing('@pilots')),
    });

    const { code, err } = await validate(folder);

    expect(code).toBe(2);
    expect(err.split('\n').filter((line) => line !== '')).toEqual([
      expect.stringMatching(
        /^a\.json:10:9: conditions\.users\.excludeGroups names @pilots, which stands for nothing/,
      ),
      expect.stringMatching(/^b\.json:10:9: /),
      'parameters.json:3:3: pilots has no value that can be used, and a.json:10 names it; write an object id, or a list of them (emptyParameter)',
    ]);
  });

  it('takes no folder for a policy, whatever it is called', async () => {
    write({ 'a.json': policy('A'), 'old.json/b.json': '{' });

    expect(await validate(folder)).toEqual({ code: 0, err: '', out: '1 of 1 policies are valid\n' });
  });

  it('blames parameters that cannot be read once, and not each policy that names one', async () => {
    write({ 'parameters.json': '{"pilots": ', 'a.json': policy('A', sparing('@pilots')) });

    const { code, err, out } = await validate(folder);

    expect(code).toBe(2);
    expect(err).toMatch(/^parameters\.json:1:\d+: [^\n]*\n(parameters\.json[^\n]*\n)*$/);
    expect(out).toContain('0 of 1');
  });
});
