import { readFiles, renderProblem } from './files.ts';
import { EXIT, type Terminal } from './terminal.ts';

export async function validateCommand(
  paths: readonly string[],
  options: { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { files, problems } = await readFiles(paths);
  if (options.json === true) {
    const valid = files.map(({ path, key, document }) => ({
      file: path,
      key,
      displayName: document.displayName,
      notes: document.notes,
    }));
    terminal.out(`${JSON.stringify({ valid, problems })}\n`);
  } else {
    for (const problem of problems) terminal.err(`${renderProblem(problem)}\n`);
    for (const { path, document } of files)
      for (const note of document.notes) terminal.out(`${path}: note: ${note}\n`);
    terminal.out(
      `${files.length} of ${new Set([...files.map(({ path }) => path), ...problems.map(({ file }) => file)]).size} files are valid\n`,
    );
  }
  return problems.length === 0 ? EXIT.done : EXIT.usage;
}
