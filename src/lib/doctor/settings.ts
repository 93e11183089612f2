import type { SettingsProblem } from '../settings.ts';
import { ASK_THE_APP, CHECKS, type CheckFinding, findingsOf, type Whose } from './findings.ts';

const finding = findingsOf('settings');
const MEND =
  'correct it among the app settings (Azure) or in the environment; the app reads them when it starts';

/** The settings that the app was built with: the deployed app's, or those of the shell at a keyboard. */
export function checkSettings(as: Whose): readonly CheckFinding[] {
  if (as === 'app') return [finding('ok', 'app settings', 'every one can be used')];
  return [
    finding(
      'unverified',
      'app settings',
      'every one in this environment can be used; the app’s own were not looked at',
      ASK_THE_APP,
    ),
  ];
}

/** Every wrong setting, at once. */
function wrong(problems: readonly SettingsProblem[]): readonly CheckFinding[] {
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
  return [...wrong(problems), ...others];
}
