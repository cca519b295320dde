import { Match, Template } from 'aws-cdk-lib/assertions'
import { expect, it } from 'vitest'
import { TeamObservability, type TeamObservabilityProps } from '../../infra/team-observability.ts'
import type { JsonObject } from '../../src/schema/json.ts'
import { SAVED_QUERIES } from '../../src/telemetry/saved-queries.ts'
import { loggedLines } from '../unit/telemetry/logged-lines.ts'
import { type ObservedStack, observedStack } from './observed-stack.ts'

const DASHBOARD = 'AWS::CloudWatch::Dashboard'
const ALARM = 'AWS::CloudWatch::Alarm'
const QUERY = 'AWS::Logs::QueryDefinition'

type Given = Omit<TeamObservabilityProps, 'observed' | 'alarmTopic'>

function observe(given: Given, { stack, observed, topic }: ObservedStack = observedStack()) {
  const observability = new TeamObservability(stack, 'Observability', { observed, alarmTopic: topic, ...given })
  return { observability, stack, template: Template.fromStack(stack) }
}

let synthesized: ReturnType<typeof observe> | undefined
const prod = () => {
  synthesized ??= observe({ stage: 'prod' })
  return synthesized
}

it('costs nothing in dev: queries only', () => {
  const { template, observability, stack } = observe({ stage: 'dev' })
  template.resourceCountIs(DASHBOARD, 0)
  template.resourceCountIs(ALARM, 0)
  template.resourceCountIs(QUERY, SAVED_QUERIES.length)
  expect(stack.resolve(observability.dashboardUrl)).toMatchObject({ 'Fn::Join': expect.anything() })
  expect(joined(stack.resolve(observability.dashboardUrl))).toMatch(/^https:.*#logsV2:logs-insights$/)
})

it('has a dashboard and alarms in dev where that is asked for', () => {
  const { template } = observe({ stage: 'dev', dashboard: true, alarms: true })
  template.resourceCountIs(DASHBOARD, 1)
  expect(Object.keys(template.findResources(ALARM)).length).toBeGreaterThan(0)
})

it('saves each query over the log groups of all functions, under the name of the stack', () => {
  const { template } = prod()
  for (const { name, text } of SAVED_QUERIES) {
    template.hasResourceProperties(QUERY, {
      Name: `Newsroom/${name}`,
      QueryString: text,
      LogGroupNames: [{ Ref: Match.anyValue() }, { Ref: Match.anyValue() }, { Ref: Match.anyValue() }],
    })
  }
})

it('splits queries that would search more log groups than one may', () => {
  const agents = Array.from({ length: 49 }, (_, index) => `agent${index}`)
  const { template } = observe({ stage: 'dev' }, observedStack({ agents }))
  const queries = Object.values(template.findResources(QUERY)).map(({ Properties }) => Properties)
  expect(queries).toHaveLength(2 * SAVED_QUERIES.length)
  expect(new Set(queries.map(({ Name }) => Name)).size).toBe(queries.length)
  expect(queries.map(({ LogGroupNames }) => LogGroupNames.length).toSorted()).toEqual(
    [...SAVED_QUERIES.map(() => 1), ...SAVED_QUERIES.map(() => 50)].toSorted(),
  )
})

it('has in prod an alarm for each thing that somebody must know, and tells the topic', () => {
  const { template } = prod()
  const alarms = Object.values(template.findResources(ALARM)).map(({ Properties }) => Properties)
  expect(alarms.map(({ MetricName, Threshold }) => `${MetricName} > ${Threshold}`).toSorted()).toEqual([
    '5XXError > 0',
    'ApproximateNumberOfMessagesVisible > 0',
    'BrokenGuards > 0',
    'DeniedCalls > 0',
    'OpenBreakers > 0',
    'ReadThrottleEvents > 0',
    'ReadThrottleEvents > 0',
    'RunFailures > 0',
    'StepErrors > 0.1',
    'UnknownEffects > 0',
    'WriteThrottleEvents > 0',
    'WriteThrottleEvents > 0',
  ])
  for (const alarm of alarms) {
    expect(alarm.TreatMissingData).toBe('notBreaching')
    expect(alarm.ComparisonOperator).toBe('GreaterThanThreshold')
    expect(alarm.AlarmActions).toEqual([{ Ref: expect.stringMatching(/^Topic/) }])
    expect(alarm.AlarmDescription).toMatch(/\w+ \w+/)
  }
})

it('tells nobody where there is nobody to tell', () => {
  const { stack, observed } = observedStack()
  new TeamObservability(stack, 'Observability', { observed, stage: 'prod' })
  for (const { Properties } of Object.values(Template.fromStack(stack).findResources(ALARM))) {
    expect(Properties.AlarmActions).toBeUndefined()
  }
})

it('points to the dashboard', () => {
  const { observability, stack } = prod()
  expect(joined(stack.resolve(observability.dashboardUrl))).toMatch(
    /^https:\/\/AWS::Region\.console\.aws\.amazon\.com\/cloudwatch\/home\?region=AWS::Region#dashboards\/dashboard\/Observability/,
  )
})

it('shows and watches only metrics that functions really send, by their dimensions', async () => {
  const sent = await sentMetrics()
  const { template } = prod()
  const shown = JSON.parse(bodyOf(template)).widgets.flatMap(({ properties }: Widget) => properties.metrics ?? [])
  const watched = Object.values(template.findResources(ALARM)).filter(
    ({ Properties }) => Properties.Namespace === 'Baton',
  )
  const used = [
    ...shown.flatMap((metric: ShownMetric) => shownMetric(metric)),
    ...watched.map(({ Properties }) => {
      expect(Properties.Dimensions).toEqual([{ Name: 'service', Value: 'newsroom' }])
      return `${Properties.MetricName} service`
    }),
  ]
  expect(used.filter((metric) => !sent.has(metric))).toEqual([])
  // And the other way round: nothing is sent, and paid for, that nobody looks at.
  expect([...sent].filter((metric) => !used.includes(metric))).toEqual([])
})

it('is a page that CloudWatch can read', () => {
  const { widgets } = JSON.parse(bodyOf(prod().template))
  expect(widgets.length).toBeGreaterThan(15)
  for (const { type, x, y, width, height, properties } of widgets) {
    expect(['text', 'metric']).toContain(type)
    expect(x + width).toBeLessThanOrEqual(24)
    expect(y + height).toBeGreaterThan(0)
    if (type === 'metric') expect(properties.metrics.length).toBeGreaterThan(0)
  }
})

interface Widget {
  readonly properties: { readonly metrics?: readonly ShownMetric[] }
}
type ShownMetric = readonly (string | { readonly expression?: string })[]

/** As `sentMetrics` has it; nothing for a metric of AWS. */
function shownMetric([first, name, ...dimensions]: ShownMetric): string[] {
  if (typeof first === 'string') return first === 'Baton' ? [`${name} ${dimensions[0]}`] : []
  const search = /^SEARCH\('\{Baton,([\w,]+)\} service="newsroom" MetricName="(\w+)"', '(\w+)', 300\)$/
  const [, schema, searched] = search.exec(first?.expression ?? '') ?? []
  expect(searched, JSON.stringify(first)).toBeDefined()
  return [`${searched} ${schema}`]
}

/** `name dimension,dimension`, of real EMF documents. */
async function sentMetrics(): Promise<Set<string>> {
  const documents = (await loggedLines()).filter((line) => '_aws' in line) as unknown as readonly EmfDocument[]
  return new Set(
    documents.flatMap(({ _aws }) =>
      _aws.CloudWatchMetrics.flatMap(({ Metrics, Dimensions }) =>
        Metrics.flatMap(({ Name }) => Dimensions.map((dimensions) => `${Name} ${dimensions.join()}`)),
      ),
    ),
  )
}

interface EmfDocument {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string }[]
    }[]
  }
}

function bodyOf(template: Template): string {
  const [dashboard] = Object.values(template.findResources(DASHBOARD))
  return joined(dashboard?.['Properties'].DashboardBody)
}

/** With the names of what is referred to in the place of their values. */
function joined(value: unknown): string {
  const parts = typeof value === 'string' ? [value] : (value as { 'Fn::Join': [string, JsonObject[]] })['Fn::Join'][1]
  return parts.map((part) => (typeof part === 'string' ? part : (part['Ref'] ?? 'x'))).join('')
}
