import { subscribe } from 'node:diagnostics_channel';
import { createApp } from '../src/lib/app.ts';
import { cpuMs } from './measure.ts';

/** What one run cost, as JSON on standard output. */
export interface RunCost {
  readonly status: string;
  readonly policies: number;
  /** HTTP requests that left this process, by where they went. */
  readonly graph: number;
  readonly tables: number;
  readonly tokens: number;
  /** Largest resident set of this process. */
  readonly peakKiB: number;
  readonly cpuMs: number;
}

/** A process of its own for one run of the app its environment describes, so that nothing else is in its memory. */
const sent: string[] = [];
subscribe('http.client.request.start', (message) => {
  const { request } = message as { readonly request: { getHeader(name: string): unknown } };
  sent.push(String(request.getHeader('host')));
});
subscribe('undici:request:create', (message) => {
  const { request } = message as { readonly request: { readonly origin: string | URL } };
  sent.push(new URL(request.origin).host);
});

const read = createApp(process.env);
if (!read.ok) throw new Error(JSON.stringify(read.problems));
const before = cpuMs();
const result = await read.app.run({ trigger: 'schedule', requestedBy: null }, () => {});
const cost = cpuMs() - before;
if (result.kind !== 'done') throw new Error(`the run was ${JSON.stringify(result)}`);

const to = (url: string | undefined): number =>
  sent.filter((host) => host === new URL(url ?? '').host).length;
const tablesUrl = /TableEndpoint=([^;]+)/.exec(process.env.STATE_STORAGE ?? '')?.[1];
const counted: RunCost = {
  status: result.report.status,
  policies: result.report.policies.length,
  graph: to(process.env.GRAPH_ENDPOINT),
  tables: to(tablesUrl),
  tokens: to(process.env.IDENTITY_ENDPOINT),
  peakKiB: process.resourceUsage().maxRSS,
  cpuMs: cost,
};
process.stdout.write(JSON.stringify(counted));
