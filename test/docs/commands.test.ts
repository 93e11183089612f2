import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TABLES } from '../../src/lib/storage/rows.ts';
import { type Bench, bench } from './bench.ts';
import { commandsOf, type Typed, wordsOf } from './commands.ts';
import { DOCUMENTS, ROOT, textOf } from './pages.ts';

const run = promisify(execFile);

let stage: Bench;

beforeAll(async () => {
  stage = await bench();
});

afterAll(async () => {
  await stage?.close();
});

const SCRIPTS = JSON.parse(textOf('package.json')).scripts as Readonly<Record<string, string>>;

/** Exit codes that are as they should be; 0 for every other command. 3: there is drift, or a difference. */
const ENDS: Readonly<Record<string, readonly number[]>> = {
  plan: [0, 3],
  run: [0, 3],
  status: [0, 3],
  diff: [3],
  // The sandbox's timer never fires, and the app may not see alerts.
  doctor: [1],
};

/** Types it into the sandbox. Within a sentence the name of a command alone stands for the command, whatever it takes. */
async function typed({ isBlock }: Typed, words: readonly string[]): Promise<void> {
  const [command = ''] = words;
  const isName = !isBlock && words.length === (command === 'keys' ? 2 : 1) && words.every(isWord);
  if (isName) {
    const help = await stage.type([...words, '--help']);
    expect(help).toMatchObject({
      code: 0,
      out: expect.stringContaining(`Usage: caretaker ${words.join(' ')} `),
    });
  } else {
    const told = await stage.type(words);
    expect(ENDS[command] ?? [0], `${told.err}${told.out}`).toContain(told.code);
  }
}

function isWord(word: string): boolean {
  return /^[a-z]+$/.test(word);
}

/** Scripts that take too long to be run here, or change the repository, and the test that runs what they run. */
const ELSEWHERE: Readonly<Record<string, { readonly test: string; readonly runs: string }>> = {
  bench: { test: 'test/bench.test.ts', runs: '../bench/main.ts' },
  generate: { test: 'test/artefacts.test.ts', runs: '../tools/artefacts.ts' },
  'generate:baselines': { test: 'test/baselines.test.ts', runs: '../tools/baselinesPage.ts' },
  mutants: { test: 'test/mutants/judge.test.ts', runs: './judge.ts' },
};
/** What everybody's checks run from a fresh clone, so it need not be run here as well. */
const CHECKED: readonly string[] = ['npm ci', 'npm test', 'npm run build', 'npm start -- --once'];

async function script(name: string, options: readonly string[]): Promise<void> {
  expect(Object.keys(SCRIPTS)).toContain(name);
  const elsewhere = ELSEWHERE[name];
  if (elsewhere !== undefined) {
    expect(textOf(elsewhere.test)).toContain(elsewhere.runs);
  } else if (name === 'simulate') {
    // As many worlds as the page says take hours; one is the same program.
    const words = options.map((word) => (/^(\d+|<n>)$/.test(word) ? '1' : word));
    const alone = words.includes('--worlds') ? ['--json'] : [];
    await run(process.execPath, ['test/simulation/main.ts', ...words, ...alone], { cwd: ROOT });
  } else if (name === 'sabotage') {
    canSabotage();
  } else if (name === 'check' || name === 'format') {
    expect(`npm run check && ${SCRIPTS.check}`).toContain(name === 'check' ? SCRIPTS.check : 'biome check');
  } else {
    expect.unreachable(`nothing runs npm run ${name}`);
  }
}

interface Way {
  readonly begins: RegExp;
  /** What is checked of it. Where it is not simply typed, the line above says why. */
  readonly how: (typed: Typed, match: RegExpExecArray) => Promise<void>;
}

/** How each command is put to the test. What begins otherwise fails. */
const WAYS: readonly Way[] = [
  {
    begins: /^(?:npm run (?:--silent )?caretaker --|npx caretaker|caretaker)(?: (.+))?$/,
    how: (one, [, rest = '']) => typed(one, rest === '' ? ['--help'] : wordsOf(rest)),
  },
  {
    begins: /^npm (?:ci|test|start|run build)\b.*$/,
    how: async ({ text }) => {
      const lines = textOf('.ci/run').split('\n');
      expect(lines.some((line) => CHECKED.includes(line) && line.startsWith(text))).toBe(true);
    },
  },
  {
    begins: /^npm run ([\w:]+)(?: -- (.+))?$/,
    how: (_, [, name = '', rest = '']) => script(name, wordsOf(rest)),
  },
  {
    // Any client will do; what is asked for has to be there.
    begins: /^curl .*"\$APP(\/api\/[^"]+)"$/,
    how: async (_, [, path = '']) => {
      expect((await fetch(await stage.address(path))).status).toBe(200);
    },
  },
  {
    // What a shell keeps for later is what is checked.
    begins: /^(?:export \w+="\$\((.+)\)"|alias \w+='(.+)')$/,
    how: (one, [, value, alias]) => tried({ ...one, text: value ?? alias ?? '' }),
  },
  {
    // There is no Azure here; names of what is set and asked for have to be those of the template.
    begins: /^azd env (set|get-value)(?: (\w+)(?: (.+))?)?$/,
    how: async (_, [, verb, name, value = '']) => {
      if (name === undefined) return;
      const read = textOf('infra/main.parameters.json') + textOf('azure.yaml');
      const set = [...read.matchAll(/\$\{?(\w+)/g)].map(([, one]) => one);
      const told = [...textOf('infra/main.bicep').matchAll(/^output (\w+)/gm)].map(([, one]) => one);
      expect(verb === 'set' ? set : [...set, ...told, ...OF_AZD]).toContain(name);
      if (name === 'MODE') expect(['observe', 'enforce']).toContain(value);
    },
  },
  {
    // There is no Azure here; what these read has to be there.
    begins: /^azd (?:up|provision|deploy|down|env refresh|env new <name>)$/,
    how: async () => {
      expect(textOf('azure.yaml')).toContain('host: function');
      expect(existsSync(join(ROOT, 'infra/main.bicep'))).toBe(true);
    },
  },
  {
    // There is no Azure here; the template has to be there and to take these parameters.
    begins: /^az deployment group create .*--template-file (\S+) --parameters (.+)$/,
    how: async (_, [, file = '', given = '']) => {
      const taken = [...textOf(file).matchAll(/^param (\w+)/gm)].map(([, name]) => name);
      for (const word of wordsOf(given)) expect(taken).toContain(word.split('=')[0]);
    },
  },
  {
    // It asks Azure; a shell has to be able to read it, and it has to know the word.
    begins: /^bash (infra\/\S+\.sh) (\w+) "\$PRINCIPAL"$/,
    how: async (_, [, file = '', action = '']) => {
      await run('bash', ['-n', join(ROOT, file)]);
      expect(textOf(file)).toMatch(new RegExp(`^ *${action}\\)`, 'm'));
    },
  },
  {
    // There is no Azure here; what the template makes has to have these names.
    begins: /^az lock delete --name (\S+) .*--resource-type (\S+) /,
    how: async (_, [, name = '', type = '']) => {
      expect(textOf('infra/state.bicep')).toContain(`name: '${name}'`);
      expect(textOf('infra/state.bicep')).toContain(`'${type}@`);
    },
  },
  {
    begins: /^az storage entity (?:query|delete) --auth-mode login .*--table-name (\w+) /,
    how: async (_, [, table = '']) => {
      expect(Object.values(TABLES)).toContain(table);
    },
  },
  {
    // There is no Azure here, and the name comes out of the template's.
    begins: /^az storage account list .*starts_with\(name, '(\w+)'\)/,
    how: async (_, [, prefix = '']) => {
      expect(textOf('infra/main.bicep')).toContain(`name: '${prefix}\${token}'`);
    },
  },
  {
    // There is no Azure here; these are Azure's own words, for no resource of ours.
    begins:
      /^az functionapp list-flexconsumption-locations$|^az provider register --namespace Microsoft\.App$/,
    how: async () => {},
  },
  {
    // There is no Azure here; these are Azure's own words for what every function app has.
    begins: /^az functionapp (?:list|stop|restart|keys list|keys set) --resource-group "\$GROUP"/,
    how: async () => {},
  },
  {
    // A person signs in, or fetches what is new.
    begins:
      /^(?:az|azd auth) login$|^git pull$|^az account get-access-token --scope "\$CARETAKER_APP_SCOPE"$/,
    how: async () => {},
  },
  {
    // Azure Functions Core Tools come from outside; what they read has to be there.
    begins: /^func start$/,
    how: async () => {
      for (const name of ['host.json', 'local.settings.sample.json'])
        expect(existsSync(join(ROOT, name))).toBe(true);
    },
  },
];

/** What azd itself puts into an environment. */
const OF_AZD: readonly string[] = ['AZURE_SUBSCRIPTION_ID'];

async function tried(one: Typed): Promise<void> {
  for (const { begins, how } of WAYS) {
    const match = begins.exec(one.text);
    if (match !== null) return how(one, match);
  }
  expect.unreachable(`nothing puts this to the test: ${one.text}`);
}

/** Sabotage takes an hour; what would spoil it is that it finds nothing to do any more. */
function canSabotage(): void {
  const source = textOf('test/simulation/sabotage.ts');
  const files = [
    ...source.matchAll(/^ {4}file: '([^']+)',\n {4}find:\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"),$/gm),
  ];

  expect(files.length).toBe([...source.matchAll(/^ {4}file: '/gm)].length);
  for (const [, file = '', single, double = ''] of files) {
    const find = (single ?? double).replaceAll('\\n', '\n').replaceAll(/\\(.)/g, '$1');
    expect(textOf(file), file).toContain(find);
  }
}

describe('every command in the documents', () => {
  const all = DOCUMENTS.flatMap(commandsOf);
  // The same words on many pages are typed once.
  const once = [...new Map(all.map((one) => [`${one.isBlock}${one.text}`, one])).values()];

  it('is found', () => {
    expect(all.length).toBeGreaterThan(60);
  });

  it.each(once)('$place: $text', (one) => tried(one));

  it.each([
    'caretaker unknown',
    'caretaker plan --no-such-option',
    'npm run unknown',
    'azd env set NO_SUCH_NAME value',
    'azd env get-value NO_SUCH_NAME',
    'bash infra/graph-permissions.sh unknown "$PRINCIPAL"',
    'rm -r folder',
  ])('would fail here for %s', async (text) => {
    await expect(tried({ place: 'nowhere', text, isBlock: true })).rejects.toThrow();
  });

  it('stands in a shell that has every variable it uses', () => {
    const set = all.flatMap(({ text }) => /^export (\w+)=/.exec(text)?.slice(1) ?? []);
    const used = all.flatMap(({ text }) => [...text.matchAll(/\$(\w+)/g)].map(([, name = '']) => name));

    expect(used.filter((name) => !set.includes(name))).toEqual([]);
  });
});
