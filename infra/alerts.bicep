// Who is told of what. Each rule asks one query of queries/alerts, and its description names what to do about it.
param location string
param tags object
param workspaceId string
param applicationInsightsId string
param functionAppName string
@description('Whom alerts are mailed to. Nobody: they are seen in the portal alone.')
param alertEmails string[]
@minValue(1)
@maxValue(960)
@description('Minutes from one run to the next, as RECONCILE_SCHEDULE has it. Three times that must fit into the two days a rule can look back.')
param runIntervalMinutes int

// The windows and frequencies that Azure takes; no rule is evaluated less often than once a day.
var spans = [
  { minutes: 5, iso: 'PT5M' }
  { minutes: 10, iso: 'PT10M' }
  { minutes: 15, iso: 'PT15M' }
  { minutes: 30, iso: 'PT30M' }
  { minutes: 45, iso: 'PT45M' }
  { minutes: 60, iso: 'PT1H' }
  { minutes: 120, iso: 'PT2H' }
  { minutes: 180, iso: 'PT3H' }
  { minutes: 240, iso: 'PT4H' }
  { minutes: 300, iso: 'PT5H' }
  { minutes: 360, iso: 'PT6H' }
  { minutes: 1440, iso: 'P1D' }
  { minutes: 2880, iso: 'P2D' }
]
var everyRun = first(filter(spans, span => span.minutes >= runIntervalMinutes))!.iso
// A line arrives some minutes after it was written, so a shorter window would now and then find none of a healthy app.
var leastMinutes = 15
var twoRuns = first(filter(spans, span => span.minutes >= max(leastMinutes, 2 * runIntervalMinutes)))!.iso
var threeRuns = first(filter(spans, span => span.minutes >= max(leastMinutes, 3 * runIntervalMinutes)))!.iso
var oneDay = first(filter(spans, span => span.minutes >= max(1440, 2 * runIntervalMinutes)))!.iso

// Nothing at all gives a row with a number, and a number is what is compared.
var noneCompleted = { timeAggregation: 'Total', metricMeasureColumn: 'completed', operator: 'LessThan', threshold: 1 }
var anyRow = { timeAggregation: 'Count', operator: 'GreaterThan', threshold: 0 }

// An alert that stands tells nobody of a second cause. So each value of the columns "apart" has an alert of its own, which
// fires and ends for itself.
var alerts = [
  {
    name: 'no-run-completed'
    title: 'No run has completed'
    description: 'No run has come to a judgement in three intervals: nobody watches the tenant. See docs/operations.md#alert-no-run-completed'
    severity: 1
    window: threeRuns
    measure: noneCompleted
    apart: []
    query: loadTextContent('../queries/alerts/no-run-completed.kql')
  }
  {
    name: 'lock-out-risk'
    title: 'A policy can shut an emergency account out'
    description: 'An enforced policy in the tenant can block a protected identity. See docs/operations.md#alert-lock-out-risk'
    severity: 0
    window: twoRuns
    measure: anyRow
    apart: ['policyId']
    query: loadTextContent('../queries/alerts/lock-out-risk.kql')
  }
  {
    name: 'desired-state-tampered'
    title: 'The desired state was tampered with'
    description: 'A row of the tables is not what a run has seen or believes. See docs/operations.md#alert-desired-state-tampered'
    severity: 1
    window: twoRuns
    measure: anyRow
    apart: ['key']
    query: loadTextContent('../queries/alerts/desired-state-tampered.kql')
  }
  {
    name: 'protected-identity-unhealthy'
    title: 'An emergency account is not in order'
    description: 'A protected identity is gone, disabled, empty or could not be looked at. See docs/operations.md#alert-protected-identity-unhealthy'
    severity: 1
    window: twoRuns
    measure: anyRow
    apart: ['id']
    query: loadTextContent('../queries/alerts/protected-identity-unhealthy.kql')
  }
  {
    name: 'permission-missing'
    title: 'The app lacks a permission'
    description: 'Graph or the tables refused the app. See docs/operations.md#alert-permission-missing'
    severity: 1
    window: twoRuns
    measure: anyRow
    apart: []
    query: loadTextContent('../queries/alerts/permission-missing.kql')
  }
  {
    name: 'dependency-failing'
    title: 'Graph or the tables keep failing'
    description: 'More than one run could read nothing, or could not carry out a change. See docs/operations.md#alert-dependency-failing'
    severity: 2
    window: threeRuns
    measure: anyRow
    apart: []
    query: loadTextContent('../queries/alerts/dependency-failing.kql')
  }
  {
    name: 'drift-came-back'
    title: 'Drift came back after it was put right'
    description: 'Somebody or something undoes what is put right, more than once a day. See docs/operations.md#alert-drift-came-back'
    severity: 2
    window: oneDay
    measure: anyRow
    apart: ['key']
    query: loadTextContent('../queries/alerts/drift-came-back.kql')
  }
  {
    name: 'change-held'
    title: 'A policy waits for a person'
    description: 'A policy waits for a person, is never put right, or cannot be found for certain. See docs/operations.md#alert-change-held'
    severity: 3
    window: twoRuns
    measure: anyRow
    apart: ['key', 'why']
    query: loadTextContent('../queries/alerts/change-held.kql')
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(alertEmails)) {
  name: '${functionAppName}-people'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'Caretaker'
    enabled: true
    emailReceivers: [
      for (email, index) in alertEmails: {
        name: 'mail${index}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: '${functionAppName}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Caretaker: ${alert.title}'
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      // A workspace that has not yet seen a line of a table does not know it.
      skipQueryValidation: true
      evaluationFrequency: everyRun
      windowSize: alert.window
      autoMitigate: true
      criteria: {
        allOf: [
          union(alert.measure, {
            query: replace(alert.query, '{functionAppName}', functionAppName)
            dimensions: map(alert.apart, column => { name: column, operator: 'Include', values: ['*'] })
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          })
        ]
      }
      actions: {
        actionGroups: empty(alertEmails) ? [] : [people.id]
        customProperties: { applicationInsights: applicationInsightsId, functionApp: functionAppName }
      }
    }
  }
]

output names string[] = [for (alert, index) in alerts: rules[index].name]
