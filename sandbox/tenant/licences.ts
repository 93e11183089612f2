import type { Reply } from './answers.ts';
import type { JsonObject } from './model.ts';
import { contextOf } from './present.ts';
import type { Call, Route, World } from './world.ts';

/** Permissions: Graph docs, subscribedsku-list. */
export const licenceRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/subscribedSkus$/i,
    conditionalAccess: false,
    needs: [['LicenseAssignment.Read.All', 'Organization.Read.All', 'Directory.Read.All']],
    answer: list,
  },
];

/** What a tenant with Microsoft 365 E5 shows of it, cut down to what Conditional Access stands on. */
export const PREMIUM: JsonObject = {
  id: '11111111-2222-4333-8444-555555555555_06ebc4ee-1bb5-47dd-8120-11324bc54e06',
  skuId: '06ebc4ee-1bb5-47dd-8120-11324bc54e06',
  skuPartNumber: 'SPE_E5',
  capabilityStatus: 'Enabled',
  appliesTo: 'User',
  servicePlans: [
    { servicePlanId: '41781fb2-bc02-4b7c-bd55-b576c07bb09d', servicePlanName: 'AAD_PREMIUM' },
    { servicePlanId: 'eec0eb4f-6444-4f95-aba0-50c24d67f998', servicePlanName: 'AAD_PREMIUM_P2' },
  ].map((plan) => ({ ...plan, provisioningStatus: 'Success', appliesTo: 'User' })),
};

function list(call: Call, { licences }: World): Reply {
  const context = contextOf(call.url.origin, 'subscribedSkus', false);
  return { status: 200, json: { '@odata.context': context, value: licences } };
}
