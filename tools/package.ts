import { packageApp } from './packaging.ts';

/** The folder that `azure.yaml` deploys. */
const FOLDER = 'dist-package';

const { outputs } = await packageApp(FOLDER);
const files = Object.values(outputs);
const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
process.stdout.write(`${FOLDER}: ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB\n`);
