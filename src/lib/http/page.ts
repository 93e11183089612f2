import { createHash } from 'node:crypto';
import {
  alertsOf,
  approveCommand,
  hasLockOut,
  NO_APPROVAL,
  renderConsent,
  renderMeanwhile,
  renderWait,
  standing,
} from '../render.ts';
import type { ReportedPolicy } from '../report.ts';
import type { Status, WaitingChange } from '../status.ts';
import { html, Markup } from './html.ts';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bad: #c22; --wait: #b70; --good: #283; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p, ul { margin: .25rem 0; }
.quiet { opacity: .7; }
.alerts { list-style: none; padding: 0; }
.alerts li, article { border: 1px solid var(--line); border-left: .4rem solid var(--bad); padding: .5rem 1rem; margin: .5rem 0; }
article.hold { border-left-color: var(--wait); }
code { font: .9rem/1.4 ui-monospace, monospace; background: #8882; padding: .1rem .3rem; overflow-wrap: anywhere; }
pre { margin: .5rem 0 0; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.good { color: var(--good); }
.bad { color: var(--bad); font-weight: 600; }
`;

/** Lets the page show its own style and nothing else: no script, no picture, no frame, no form, no address of others. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/**
 * How the tenant stands, as a page that a person opens at 3 a.m.: one document, no script, everything escaped.
 *
 * @param app address of the app, for the commands shown
 */
export function statusPage(status: Status, nowMs: number, app: string): string {
  const alerts = alertsOf(status, nowMs);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Caretaker: ${summaryOf(status)}</title>
${new Markup(`<style>${STYLE}</style>`)}
</head>
<body>
<h1>${summaryOf(status)}</h1>
<p class="quiet">Tenant <code>${status.tenantId}</code>, ${status.mode}, schedule <code>${status.schedule ?? 'none'}</code></p>
${lastRun(status)}
${alerts.length === 0 ? '' : html`<ul class="alerts">${alerts.map((text) => html`<li>${text}</li>`)}</ul>`}
${section('Denied, and never carried out', status.denied, nowMs, app)}
${section('Waiting', status.held, nowMs, app)}
${policies(status.policies)}
<p class="quiet">Unmanaged policies: ${status.unmanaged.length}. As of ${new Date(nowMs).toISOString()}.</p>
</body>
</html>
`.text;
}

function summaryOf(status: Status): string {
  const { lastRun, held, denied, freeze } = status;
  const parts = [
    ...(hasLockOut(status) ? ['LOCK-OUT'] : []),
    ...(freeze === null ? [] : ['frozen']),
    lastRun?.status ?? 'no run yet',
    ...(denied.length === 0 ? [] : [`${denied.length} denied`]),
    ...(held.length === 0 ? [] : [`${held.length} waiting`]),
  ];
  return parts.join(', ');
}

function lastRun({ lastRun: run }: Status): Markup {
  if (run === null) return html``;
  const end = run.finishedAt === null ? 'not finished' : `finished ${run.finishedAt}`;
  return html`<p class="quiet">Last run <code>${run.runId}</code>: ${run.status}, ${end}</p>`;
}

function section(title: string, changes: readonly WaitingChange[], nowMs: number, app: string): Markup {
  if (changes.length === 0) return html``;
  return html`<h2>${title}</h2>${changes.map((change) => waiting(change, nowMs, app))}`;
}

function waiting(change: WaitingChange, nowMs: number, app: string): Markup {
  const { key, displayName, digest, verdict, rules, reasons, isApprovable, approved, meanwhile } = change;
  const said = reasons.length === 0 ? rules : reasons;
  return html`<article class="${verdict}">
<p><strong>${displayName ?? key}</strong> <code>${key}</code></p>
<p>${renderWait(change, nowMs)} <span class="quiet">(${rules.join(', ')})</span></p>
<ul>${said.map((reason) => html`<li>${reason}</li>`)}</ul>
${meanwhile === null ? '' : html`<p>${renderMeanwhile(meanwhile)}</p>`}
${approved === null ? wayOut(verdict, isApprovable, digest, app) : html`<p>${renderConsent(approved)}</p>`}
</article>`;
}

function wayOut(
  verdict: WaitingChange['verdict'],
  isApprovable: boolean,
  digest: string,
  app: string,
): Markup {
  if (verdict === 'deny') return html`<p class="quiet">digest <code>${digest}</code></p>`;
  return isApprovable
    ? html`<pre><code>${approveCommand(digest, app)}</code></pre>`
    : html`<p class="quiet">${NO_APPROVAL}</p>`;
}

function policies(reported: readonly ReportedPolicy[]): Markup {
  if (reported.length === 0) return html``;
  return html`<h2>Policies</h2>
<table>
<tr><th>Policy</th><th>Key</th><th>Version</th><th>Stands</th></tr>
${reported.map(row)}
</table>`;
}

function row(policy: ReportedPolicy): Markup {
  const stands = standing(policy);
  const colour = stands === 'in sync' || stands === 'put right' ? 'good' : 'bad';
  return html`<tr><td>${policy.displayName}</td><td><code>${policy.key}</code></td><td>${policy.version}</td><td class="${colour}">${stands}</td></tr>
`;
}
