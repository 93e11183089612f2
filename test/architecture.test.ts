import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The repository's root. */
const ROOT = resolve(import.meta.dirname, '..');

interface Source {
  /** Path from the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Files of ours and packages it imports, types included. */
  readonly imports: readonly string[];
}

function sources(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => {
      const path = `${folder}/${name}`;
      const text = readFileSync(join(ROOT, path), 'utf8');
      const named = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
        ([, specifier]) => specifier as string,
      );
      const imports = named.map((specifier) =>
        specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(path), specifier)) : specifier,
      );
      return { path, text, imports };
    });
}

const SRC = sources('src');

/** The pure part: everything up to and including the guard, and what turns results into text. */
const PURE =
  /^src\/lib\/(policy\/.*|rules\/.*|whatif\/.*|doctor\/(?!examine).*|ncrontab|problem|strictJson|parameters|desired|schema|fieldsPage|baselines|exceptions|capture|exports|wellKnown|diff|plan|guard|approval|protected|text|sets|flapping|contingency|waiting|acts|durations|undo|journal|ports|report|record|render|fault|settings)\.ts$/;
/** Record and render come after the engine and take its results apart; the rest of the pure part comes before it. */
const AFTER = /^src\/lib\/(record|render)\.ts$/;
const ENGINE =
  /^src\/lib\/(doctor\/examine|reconcile|simulate|observe|apply|carryOut|write|approve|surroundings|verify|lease|lookBack|status)\.ts$/;
const ADAPTER = /^src\/lib\/(graph|storage)\//;

/** Tables of constants that the adapters happen to own. */
const CONSTANTS = /graph\/(clouds|permissions)\.ts$/;

/** Who may not import whom, and why. What holds nothing but constants is no adapter. */
const FORBIDDEN: readonly {
  readonly who: RegExp;
  readonly whom: RegExp;
  readonly but?: RegExp;
  readonly unless?: RegExp;
  readonly why: string;
}[] = [
  { who: PURE, whom: ADAPTER, but: CONSTANTS, why: 'the pure part knows no adapter' },
  { who: PURE, whom: ENGINE, unless: AFTER, why: 'the pure part does not know what is done with it' },
  { who: PURE, whom: /^(@azure|@microsoft)\//, why: 'the pure part knows no service' },
  { who: PURE, whom: /^node:(?!crypto$)/, why: 'the pure part touches neither disk nor network' },
  {
    who: /^src\/lib\/policy\//,
    whom: /^src\/lib\/(?!policy\/)/,
    why: 'the field table is the ground everything stands on',
  },
  { who: ENGINE, whom: ADAPTER, why: 'the engine knows ports' },
  { who: ENGINE, whom: /^(@azure|@microsoft|node:)/, why: 'the engine knows ports' },
  { who: /^src\/lib\/graph\//, whom: /^src\/lib\/storage\//, why: 'adapters do not know each other' },
  { who: /^src\/lib\/storage\//, whom: /^src\/lib\/graph\//, why: 'adapters do not know each other' },
  {
    who: /^src\/lib\/(?!app\.ts$|graph\/|storage\/)/,
    whom: ADAPTER,
    but: CONSTANTS,
    why: 'only app.ts knows adapters',
  },
  {
    who: /^src\/(functions|cli)\//,
    whom: ADAPTER,
    but: CONSTANTS,
    why: 'only app.ts knows adapters',
  },
  { who: /^src\/lib\//, whom: /^src\/(functions|cli)\//, why: 'triggers stand outside' },
  { who: /^src\//, whom: /^(sandbox|test|bench|tools)\//, why: 'the product ships alone' },
];

/** What reaches past the arguments, and where alone it may be. */
const IMPURE: readonly { readonly what: RegExp; readonly where: RegExp }[] = [
  { what: /\bprocess\.env\b/, where: /^src\/(lib\/app|cli\/terminal)\.ts$/ },
  { what: /\bDate\.now\(/, where: /^src\/lib\/app\.ts$/ },
  { what: /\bnew Date\(\)/, where: /^$/ },
  { what: /\b(setTimeout|setInterval)\(/, where: /^src\/lib\/app\.ts$/ },
  { what: /\bMath\.random\(/, where: /^$/ },
  { what: /\bconsole\./, where: /^$/ },
];

describe('the shape of the program', () => {
  it('lets nobody import what they should not know', () => {
    const broken = SRC.flatMap(({ path, imports }) =>
      FORBIDDEN.filter(({ who, unless }) => who.test(path) && unless?.test(path) !== true).flatMap(
        ({ whom, but, why }) =>
          imports
            .filter((target) => whom.test(target) && but?.test(target) !== true)
            .map((target) => `${path} → ${target}: ${why}`),
      ),
    );
    expect(broken).toEqual([]);
  });

  it('keeps time, chance, environment and console where they belong', () => {
    const code = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const broken = SRC.flatMap(({ path, text }) =>
      IMPURE.filter(({ what, where }) => what.test(code(text)) && !where.test(path)).map(
        ({ what }) => `${path} → ${what.source}`,
      ),
    );
    expect(broken).toEqual([]);
  });

  it('has no await up to the guard', () => {
    const broken = SRC.filter(
      ({ path, text }) =>
        PURE.test(path) && /\bawait\b|\basync\b/.test(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')),
    );
    expect(broken.map(({ path }) => path)).toEqual([]);
  });

  it('shares no code between the simulated tenant and the program', () => {
    const broken = [...sources('sandbox/tenant'), ...sources('sandbox/host')].flatMap(({ path, imports }) =>
      imports.filter((target) => target.startsWith('src/')).map((target) => `${path} → ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('loads nothing before a function is registered', () => {
    const eager = SRC.filter(({ path }) => path.startsWith('src/functions/')).flatMap(({ path, text }) =>
      [...text.matchAll(/^import .* from '([^']+)'/gm)]
        .map(([, target]) => `${path} → ${target}`)
        .filter((line) => !line.endsWith('@azure/functions')),
    );
    expect(eager).toEqual([]);
  });
});
