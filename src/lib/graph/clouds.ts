/** The clouds a tenant can live in, as the setting `GRAPH_CLOUD` spells them. */
export type CloudName = 'public' | 'usgov' | 'usgovdod' | 'china';

export interface Cloud {
  /** Origin of Microsoft Graph, without a path. */
  readonly graphEndpoint: string;
  /** What a token is asked for. It names the cloud's own Graph, whatever `GRAPH_ENDPOINT` points at. */
  readonly scope: string;
  /** Client id of the app that stands for Azure management in this cloud (`@azureManagement` in a desired policy). */
  readonly azureManagementAppId: string;
}

const azureManagement = '797f4846-ba00-4fd7-ba43-dac1f8f63013';
const azureGovernmentManagement = '40a69793-8fe6-4db1-9591-dbc5c57b17d8';

/**
 * Hosts: Microsoft Graph's page on national cloud deployments. The app ids: the Conditional Access page on cloud apps
 * for the public one; the one of Azure Government is known from other tools only.
 */
export const clouds: Readonly<Record<CloudName, Cloud>> = {
  public: cloud('https://graph.microsoft.com', azureManagement),
  usgov: cloud('https://graph.microsoft.us', azureGovernmentManagement),
  usgovdod: cloud('https://dod-graph.microsoft.us', azureGovernmentManagement),
  china: cloud('https://microsoftgraph.chinacloudapi.cn', azureManagement),
};

function cloud(graphEndpoint: string, azureManagementAppId: string): Cloud {
  return { graphEndpoint, scope: `${graphEndpoint}/.default`, azureManagementAppId };
}
