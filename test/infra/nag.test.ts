import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, it } from 'vitest'
import type { Stage } from '../../infra/index.ts'
import { buildStack, synthesizeUnder, type TEAMS } from './stacks.ts'

interface Report {
  readonly pluginReports: readonly {
    readonly violations: readonly {
      readonly ruleName: string
      readonly violatingConstructs: readonly { readonly constructPath: string }[]
    }[]
  }[]
}

function findings(built: ReturnType<typeof buildStack>): readonly string[] {
  synthesizeUnder(built, (app) => new AwsSolutionsChecks(app))
  const report = JSON.parse(readFileSync(join(built.app.outdir, 'validation-report.json'), 'utf8')) as Report
  return report.pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    ),
  )
}

describe('cdk-nag (AwsSolutions)', { timeout: 180_000 }, () => {
  const cases = (['dev', 'prod'] as const).flatMap((stage): [keyof typeof TEAMS, Stage][] => [
    ['research', stage],
    ['everything', stage],
    ['dataPipeline', stage],
    ['softwareDelivery', stage],
  ])

  it.each(cases)('finds nothing in team %s, stage %s, but what is listed with its reason', (team, stage) => {
    expect(findings(buildStack(team, stage))).toEqual([])
  })

  it('finds a grant that is wider than the exceptions, also where one of them stands', () => {
    const built = buildStack('research', 'dev')
    const { role } = built.team.functions.api
    role.addToPolicy(new PolicyStatement({ actions: ['dynamodb:Scan'], resources: ['*'] }))

    const found = findings(built)

    expect(found).toEqual([expect.stringContaining('AwsSolutions-IAM5[Resource::*] at Stack/Team/Functions/Api/Exec')])
  })
})
