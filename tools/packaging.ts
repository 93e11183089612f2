import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');

/** Some of the packages are CommonJS and ask for Node's own modules with `require`, which an ES module does not have. */
const REQUIRE = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);`;

/**
 * Writes the function app as it is deployed: `host.json`, a `package.json` that names the entry files and asks for no
 * package, one small entry file per file in `src/functions`, and what they load at the first invocation, in chunks that
 * they share. Nothing else is needed at run time, so nothing is installed or built in Azure.
 *
 * @param folder is emptied first
 * @returns what went into which file, by paths from the repository's root
 */
export async function packageApp(folder: string): Promise<Metafile> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/functions/*.ts'],
    outdir: resolve(ROOT, folder),
    entryNames: 'functions/[name]',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // What a package wrote as ES module before what it wrote otherwise: jsonc-parser's other form names its own files
    // in a way that cannot be followed, and would fail at the first invocation.
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    // Exists in no package: the language worker makes it appear.
    external: ['@azure/functions-core'],
    metafile: true,
    logLevel: 'warning',
  });
  await copyFile(join(ROOT, 'host.json'), join(folder, 'host.json'));
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  return metafile;
}

/** Without scripts and dependencies, so that a build in Azure, should one run, has nothing to do. */
async function manifest(): Promise<object> {
  const { name, version, engines } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  return { name, version, private: true, type: 'module', main: 'functions/*.js', engines };
}
