import { type CheckFinding, findingsOf, type Told } from './findings.ts';

const finding = findingsOf('alerts');
const WHERE = 'alert rules';

/** The alerts that the template deploys; docs/operations.md has a section for each. */
export const ALERTS = [
  'no-run-completed',
  'lock-out-risk',
  'desired-state-tampered',
  'drift-came-back',
  'change-held',
  'dependency-failing',
  'permission-missing',
  'protected-identity-unhealthy',
] as const;

/** One scheduled query rule, as far as it matters here. */
export interface AlertRule {
  readonly name: string;
  readonly isEnabled: boolean;
  /** Whether anybody is told. */
  readonly hasAction: boolean;
}

/** @param read rules of the resource group */
export function checkAlerts(read: Told<readonly AlertRule[]>): readonly CheckFinding[] {
  if (read.kind === 'untold') return [finding('unverified', WHERE, read.reason, ASK)];
  const found = ALERTS.flatMap((alert) => {
    const rules = read.value.filter(({ name }) => isNamed(name, alert));
    if (rules.length === 0)
      return finding('failed', alert, 'there is no such alert rule in the resource group', DEPLOY);
    const enabled = rules.filter(({ isEnabled }) => isEnabled);
    if (enabled.length === 0) return finding('failed', alert, 'the alert rule is disabled', 'enable it');
    if (!enabled.some(({ hasAction }) => hasAction))
      return finding('warning', alert, 'the alert rule tells nobody', 'give it an action group');
    return [];
  });
  return found.length > 0 ? found : [finding('ok', WHERE, `all ${ALERTS.length} are there and enabled`)];
}

/**
 * Where only the app was asked: its identity has no business in Azure Resource Manager, and the person at the keyboard
 * may have.
 *
 * @param resourceGroup its id, where the platform said it
 */
export function alertsUnseen(resourceGroup: string | null): readonly CheckFinding[] {
  const group = resourceGroup ?? '<id of the resource group>';
  return [
    finding(
      'unverified',
      WHERE,
      'the app’s own identity may not see them, and need not',
      `ask with your own sign-in, which needs the role Monitoring Reader there: \`caretaker doctor --app <url> --resource-group ${group}\``,
    ),
  ];
}

const ASK = 'look at the alert rules of the resource group in the Azure portal: Monitor, Alerts, Alert rules';
const DEPLOY = 'deploy the alerts (`infra/`)';

/** Templates put the name of a deployment in front. */
function isNamed(name: string, alert: string): boolean {
  const lower = name.toLowerCase();
  return lower === alert || lower.endsWith(`-${alert}`);
}
