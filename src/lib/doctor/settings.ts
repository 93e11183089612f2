import type { SettingsProblem } from '../settings.ts';
import { CHECKS, type CheckFinding, findingsOf } from './findings.ts';

const finding = findingsOf('settings');
const MEND =
  'correct it among the app settings (Azure) or in the environment; the app reads them when it starts';

/** Every wrong setting, at once. */
export function checkSettings(problems: readonly SettingsProblem[]): readonly CheckFinding[] {
  if (problems.length === 0) return [finding('ok', 'app settings', 'every one can be used')];
  return problems.map(({ setting, problem }) => finding('failed', setting, problem, MEND));
}

/** While a setting is wrong there is no app that could look at anything else. */
export function unexamined(problems: readonly SettingsProblem[]): readonly CheckFinding[] {
  const others = CHECKS.filter((check) => check !== 'settings').map((check) =>
    findingsOf(check)(
      'unverified',
      'not looked at',
      'settings are wrong',
      'mend the settings, then ask again',
    ),
  );
  return [...checkSettings(problems), ...others];
}
