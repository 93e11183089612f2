/** Columns that every table of Application Insights has in a workspace. */
const COMMON = `TimeGenerated: datetime, TenantId: string, Type: string, SourceSystem: string, SDKVersion: string,
  _ResourceId: string, _SubscriptionId: string, _BilledSize: real, _IsBillable: string, ResourceGUID: string, IKey: string,
  AppRoleName: string, AppRoleInstance: string, AppVersion: string, OperationId: string, OperationName: string,
  ParentId: string, SessionId: string, SyntheticSource: string, UserId: string, UserAccountId: string,
  UserAuthenticatedId: string, ClientType: string, ClientModel: string, ClientOS: string, ClientIP: string,
  ClientCity: string, ClientStateOrProvince: string, ClientCountryOrRegion: string, ClientBrowser: string,
  Properties: dynamic`;

const ITEM = 'ItemCount: int, Measurements: dynamic, ReferencedItemId: string, ReferencedType: string';

/**
 * Tables of a workspace that Application Insights writes to, as the language service takes a schema. Names and types are
 * those of Microsoft's Azure Monitor Logs reference (learn.microsoft.com/azure/azure-monitor/reference/tables/<name>).
 */
export const WORKSPACE_TABLES: Readonly<Record<string, string>> = {
  AppTraces: `${COMMON}, ${ITEM}, Message: string, SeverityLevel: int`,
  AppRequests: `${COMMON}, ${ITEM}, Id: string, Name: string, Url: string, Source: string, Success: bool, ResultCode: string,
    DurationMs: real, PerformanceBucket: string`,
  AppExceptions: `${COMMON}, ${ITEM}, ProblemId: string, HandledAt: string, ExceptionType: string, Assembly: string,
    Method: string, OuterType: string, OuterMessage: string, OuterAssembly: string, OuterMethod: string,
    InnermostType: string, InnermostMessage: string, InnermostAssembly: string, InnermostMethod: string,
    Details: dynamic, SeverityLevel: int`,
  AppDependencies: `${COMMON}, ${ITEM}, Id: string, Name: string, Target: string, DependencyType: string, Data: string,
    Success: bool, ResultCode: string, DurationMs: real, PerformanceBucket: string`,
  AppEvents: `${COMMON}, ${ITEM}, Name: string`,
  AppMetrics: `${COMMON}, Name: string, Sum: real, Min: real, Max: real, ItemCount: int`,
  AppPerformanceCounters: `${COMMON}, Name: string, Category: string, Counter: string, Instance: string, Value: real`,
};
