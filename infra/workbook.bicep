// What one sees: the page under "Workbooks" of the Application Insights resource.
param location string
param tags object
param workspaceId string
param applicationInsightsId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(applicationInsightsId, 'caretaker')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Caretaker'
    description: 'How the Conditional Access policies stand, what drifted and how long, what waits, and what it costs.'
    category: 'workbook'
    sourceId: applicationInsightsId
    version: '1.0'
    serializedData: replace(loadTextContent('workbook.json'), '{workspaceId}', workspaceId)
  }
}
