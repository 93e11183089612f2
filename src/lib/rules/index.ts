import { blastRadius } from './blastRadius.ts';
import { breakGlass } from './breakGlass.ts';
import { contingency } from './contingency.ts';
import { danglingReference } from './danglingReference.ts';
import { emptyTenant } from './emptyTenant.ts';
import { exception } from './exception.ts';
import { flapping } from './flapping.ts';
import { freeze } from './freeze.ts';
import { identityHealth } from './identityHealth.ts';
import { incompleteRead } from './incompleteRead.ts';
import { lockOut } from './lockOut.ts';
import { loosening } from './loosening.ts';
import { microsoftManaged } from './microsoftManaged.ts';
import { naming } from './naming.ts';
import { retiredControl } from './retiredControl.ts';
import type { Rule } from './rule.ts';
import { securityDefaults } from './securityDefaults.ts';
import { tenantLimit } from './tenantLimit.ts';
import { tightenedByHand } from './tightenedByHand.ts';
import { unrecognisedContent } from './unrecognisedContent.ts';
import { unsettledCreate } from './unsettledCreate.ts';

/** Every rule there is; all are asked. A new refusal is one file and one word here. */
export const RULES: readonly Rule[] = [
  breakGlass,
  lockOut,
  identityHealth,
  securityDefaults,
  danglingReference,
  naming,
  tenantLimit,
  retiredControl,
  unrecognisedContent,
  unsettledCreate,
  incompleteRead,
  emptyTenant,
  microsoftManaged,
  loosening,
  exception,
  tightenedByHand,
  contingency,
  flapping,
  blastRadius,
  freeze,
];
