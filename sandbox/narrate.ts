/**
 * Puts a line of the app's telemetry in words, where it is worth a person's attention; undefined for the rest. Runs follow
 * each other within seconds: what the last one found as well is not said again, but where something was put right since.
 */
export function narrator(): (line: string) => string | undefined {
  let before: ReadonlySet<string> = new Set();
  let found = new Set<string>();
  return (line) => {
    const event = parse(line);
    if (event?.event === 'RunCompleted') [before, found] = [found, new Set()];
    const words = wordsOf(event);
    if (words === undefined) return undefined;
    if (event?.event === 'ChangeApplied') {
      found.clear();
      return words;
    }
    found.add(words);
    return before.has(words) ? undefined : words;
  };
}

function wordsOf(event: Record<string, unknown> | undefined): string | undefined {
  switch (event?.event) {
    case 'DriftDetected':
      return `drift: ${event.key} is ${event.drift}${fieldsOf(event.fields)}`;
    case 'ChangeApplied':
      return `fixed: ${event.key} (${event.action}${event.settled === true ? '' : `, not settled yet: ${event.reason}`})`;
    case 'ChangeFailed':
      return `failed: ${event.key} (${event.action}): ${event.reason}`;
    case 'ChangeHeld':
    case 'ChangeDenied':
      return `${event.event === 'ChangeHeld' ? 'held' : 'denied'}: ${event.key}: ${reasonsOf(event.findings)}`;
    case 'LockOutRisk':
      return `LOCK-OUT: policy ${event.key ?? event.policyId}: ${event.detail}`;
    case 'ProtectedIdentityUnhealthy':
      return `not in order: ${identitiesOf(event.identities)}`;
    case 'RunFailed':
      return `run failed: ${(event.error as { message?: string } | null)?.message ?? 'no reason given'}`;
    case 'DesiredStateTampered':
    case 'Finding':
      return `finding: ${event.detail}`;
    default:
      return undefined;
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function fieldsOf(fields: unknown): string {
  if (!Array.isArray(fields) || fields.length === 0) return '';
  return `: ${fields.map((field: { path: string; effect: string }) => `${field.path} ${field.effect}`).join(', ')}`;
}

function identitiesOf(identities: unknown): string {
  return Array.isArray(identities)
    ? identities.map((one: { id: string; health: string }) => `${one.id} is ${one.health}`).join(', ')
    : '';
}

function reasonsOf(findings: unknown): string {
  return Array.isArray(findings)
    ? findings.map((finding: { detail: string }) => finding.detail).join('; ')
    : '';
}
