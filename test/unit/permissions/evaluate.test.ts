import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RequestContext } from '../../../src/permissions/conditions.ts'
import { leadingKeys } from '../../../src/permissions/data-statements.ts'
import { compilePolicy, evaluate } from '../../../src/permissions/evaluate.ts'
import { type Conditions, RUN_ID, SESSION_TAGS, type Statement } from '../../../src/permissions/statement.ts'

const TABLE = 'arn:aws:dynamodb:eu-west-1:111122223333:table/records'
const ALLOW: Statement = { Sid: 'Read', Effect: 'Allow', Action: ['dynamodb:GetItem'], Resource: [TABLE] }

function ask(
  statements: readonly Statement[],
  { action = 'dynamodb:GetItem', resource = TABLE, context = {} as RequestContext } = {},
  boundary?: readonly Statement[],
) {
  return evaluate({
    policies: [compilePolicy(statements)],
    boundary: boundary && compilePolicy(boundary),
    request: { action, resource, context },
  })
}

const when = (Condition: Conditions): Statement => ({ ...ALLOW, Condition })
const tags = (runId: string, stepId = 'write') => ({
  'aws:PrincipalTag/runId': runId,
  'aws:PrincipalTag/stepId': stepId,
})

describe('evaluate', () => {
  it('denies what nothing allows, and says why', () => {
    expect(ask([])).toEqual({ decision: 'implicitDeny', why: 'no statement allows dynamodb:GetItem' })
    expect(ask([ALLOW], { resource: `${TABLE}2` })).toMatchObject({
      decision: 'implicitDeny',
      why: 'no statement allows dynamodb:GetItem on it, by its terms: Read (resource)',
    })
    expect(ask([when(leadingKeys(['RUN#1']))], { context: { 'dynamodb:LeadingKeys': ['RUN#2'] } }).why).toContain(
      'by its terms: Read (dynamodb:LeadingKeys)',
    )
  })

  it('allows what one statement allows, and names it', () => {
    expect(ask([{ ...ALLOW, Sid: 'Other', Resource: ['arn:other'] }, ALLOW])).toEqual({
      decision: 'allow',
      sid: 'Read',
      why: 'Read allows dynamodb:GetItem',
    })
  })

  it('puts an explicit denial above every allowance, of the policy as of the boundary', () => {
    const deny: Statement = { Sid: 'Never', Effect: 'Deny', Action: ['dynamodb:*'], Resource: ['*'] }

    expect(ask([ALLOW, deny])).toMatchObject({ decision: 'explicitDeny', sid: 'Never' })
    expect(ask([ALLOW], {}, [{ ...ALLOW, Resource: ['*'] }, deny])).toMatchObject({ decision: 'explicitDeny' })
    const onlyScan = { ...deny, Action: ['dynamodb:Scan'] }
    expect(ask([ALLOW, onlyScan]).decision).toBe('allow')
  })

  it('takes what a boundary does not allow away, and gives nothing by it', () => {
    const wide: Statement = { Sid: 'Cap', Effect: 'Allow', Action: ['dynamodb:GetItem'], Resource: ['*'] }

    expect(ask([ALLOW], {}, [wide]).decision).toBe('allow')
    expect(ask([ALLOW], {}, [{ ...wide, Action: ['s3:GetObject'] }])).toMatchObject({
      decision: 'implicitDeny',
      why: 'Read would allow it, but the boundary does not: no statement allows dynamodb:GetItem',
    })
    expect(ask([], {}, [wide]).decision).toBe('implicitDeny')
  })

  it('refuses to pass over an operator that it does not know', () => {
    const unknown = { StringNotEquals: { 'aws:PrincipalTag/runId': 'x' } } as unknown as Conditions

    expect(() => compilePolicy([when(unknown)])).toThrow('StringNotEquals is not known')
  })
})

describe('actions and resources', () => {
  it.each([
    ['dynamodb:getitem', 'dynamodb:GetItem', true],
    ['DynamoDB:Get*', 'dynamodb:GetItem', true],
    ['dynamodb:?etItem', 'dynamodb:GetItem', true],
    ['*', 'dynamodb:GetItem', true],
    ['dynamodb:GetItems', 'dynamodb:GetItem', false],
    ['dynamodb:Get', 'dynamodb:GetItem', false],
    ['dynamodb.GetItem', 'dynamodb:GetItem', false],
  ])('the action %s for %s: %s', (pattern, action, isAllowed) => {
    expect(ask([{ ...ALLOW, Action: [pattern] }], { action }).decision === 'allow').toBe(isAllowed)
  })

  it.each([
    ['arn:aws:s3:::b/runs/*', 'arn:aws:s3:::b/runs/1/a', true],
    ['arn:aws:s3:::b/runs/*', 'arn:aws:s3:::b/runs', false],
    ['arn:aws:s3:::b/runs/?/a', 'arn:aws:s3:::b/runs/1/a', true],
    ['arn:aws:s3:::b/runs/?/a', 'arn:aws:s3:::b/runs/10/a', false],
    ['arn:aws:s3:::b/RUNS/1', 'arn:aws:s3:::b/runs/1', false],
    ['arn:*:secret:name-??????', 'arn:aws:secretsmanager:e:1:secret:name-a1B2c3', true],
    ['arn:*:secret:name-??????', 'arn:aws:secretsmanager:e:1:secret:name-a1B2c34', false],
    ['a*b*', 'ab', true],
    ['a*ba', 'aba', true],
    ['ab*ba', 'aba', false],
    ['*a?c*d', 'xabcabcd', true],
    ['', '', true],
  ])('the resource %s for %s: %s', (pattern, resource, isAllowed) => {
    expect(ask([{ ...ALLOW, Resource: [pattern] }], { resource }).decision === 'allow').toBe(isAllowed)
  })

  const own = { ...ALLOW, Resource: [`arn:b/runs/${RUN_ID}/*`] }
  it.each([
    [tags('run_1'), 'arn:b/runs/run_1/a', true],
    [tags('run_1'), 'arn:b/runs/run_10/a', false],
    [tags('*'), 'arn:b/runs/run_1/a', false],
    [tags('*'), 'arn:b/runs/*/a', true],
    [tags('run_?'), 'arn:b/runs/run_1/a', false],
    [{}, 'arn:b/runs//a', false],
    [{}, 'arn:b/runs/run_1/a', false],
    [{ 'AWS:principaltag/RUNID': 'run_1' }, 'arn:b/runs/run_1/a', true],
  ])('%j fills the variable in for %s: %s', (context, resource, isAllowed) => {
    expect(ask([own], { resource, context }).decision === 'allow').toBe(isAllowed)
  })

  it('takes a star that is written as a variable for a star, and a default where nothing fills in', () => {
    const literal = { ...ALLOW, Resource: ['arn:b/$'.concat('{*}')] }
    const otherwise = { ...ALLOW, Resource: ['arn:b/$'.concat("{aws:PrincipalTag/team, 'none'}")] }

    expect(ask([literal], { resource: 'arn:b/*' }).decision).toBe('allow')
    expect(ask([literal], { resource: 'arn:b/x' }).decision).toBe('implicitDeny')
    expect(ask([otherwise], { resource: 'arn:b/none' }).decision).toBe('allow')
    expect(ask([otherwise], { resource: 'arn:b/x', context: { 'aws:PrincipalTag/team': 'x' } }).decision).toBe('allow')
  })
})

describe('traps', () => {
  const keys = (...all: string[]) => ({ 'dynamodb:LeadingKeys': all, ...tags('run_1') })
  const unguarded = when({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [`RUN#${RUN_ID}`] } })
  const guarded = when(leadingKeys([`RUN#${RUN_ID}`], SESSION_TAGS))
  const prefixed = when({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`RUN#${RUN_ID}*`] } })
  const scan = (statement: Statement) => ({ ...statement, Action: ['dynamodb:Scan', 'dynamodb:GetItem'] })

  it.each([
    ['without the guard a Scan, which has no keys, reads every run', scan(unguarded), tags('run_1'), true],
    ['an empty list of keys is none', scan(unguarded), keys(), true],
    ['keys of empty texts are none', scan(unguarded), keys(''), true],
    ['with the guard it does not', scan(guarded), tags('run_1'), false],
    ['nor with an empty list', scan(guarded), keys(), false],
    ['nor with an empty text', scan(guarded), keys(''), false],
    ['a prefix lets run_1 read run_10', prefixed, keys('RUN#run_10'), true],
    ['the exact key does not', guarded, keys('RUN#run_10'), false],
    ['one key of another run spoils the rest', guarded, keys('RUN#run_1', 'RUN#run_2'), false],
    ['each key may be another of the list', guarded, keys('RUN#run_1', 'RUN#run_1'), true],
    [
      'a session without tags reads nothing',
      guarded,
      { 'dynamodb:LeadingKeys': [`RUN#${RUN_ID}`] } as RequestContext,
      false,
    ],
  ])('%s', (_, statement, context, isAllowed) => {
    const action = statement.Action[0] ?? ''
    expect(ask([statement], { action, context }).decision === 'allow').toBe(isAllowed)
  })

  it('keys of two statements are not put together', () => {
    const two = [when(leadingKeys(['A'])), { ...when(leadingKeys(['B'])), Sid: 'Second' }]

    expect(ask(two, { context: keys('A') }).decision).toBe('allow')
    expect(ask(two, { context: keys('B') }).sid).toBe('Second')
    expect(ask(two, { context: keys('A', 'B') }).decision).toBe('implicitDeny')
  })
})

describe('conditions', () => {
  const arn = 'arn:aws:iam::1:role/a'
  it.each<[string, Conditions, RequestContext, boolean]>([
    ['StringEquals', { StringEquals: { k: ['a', 'b'] } }, { K: 'b' }, true],
    ['StringEquals', { StringEquals: { k: 'a*' } }, { k: 'ab' }, false],
    ['StringEquals', { StringEquals: { k: 'a' } }, { k: 'A' }, false],
    ['StringEquals of an absent key', { StringEquals: { k: 'a' } }, {}, false],
    ['StringEquals of several values', { StringEquals: { k: 'a' } }, { k: ['a', 'a'] }, false],
    ['StringLike', { StringLike: { k: 'a*' } }, { k: 'ab' }, true],
    ['StringLike of a value with a star', { StringLike: { k: 'ab' } }, { k: 'a*' }, false],
    ['StringLike of an absent key', { StringLike: { k: '*' } }, {}, false],
    ['ArnLike', { ArnLike: { k: 'arn:aws:iam::1:role/*' } }, { k: arn }, true],
    ['ArnLike over a colon', { ArnLike: { k: 'arn:aws:*:role/a' } }, { k: arn }, false],
    ['ArnLike of what is none', { ArnLike: { k: '*' } }, { k: 'x' }, false],
    [
      'ArnLike with a variable',
      { ArnLike: { k: 'arn:aws:iam::1:role/$'.concat('{aws:id}') } },
      { k: arn, 'aws:id': 'a' },
      true,
    ],
    ['Null false', { Null: { k: 'false' } }, { k: 'a' }, true],
    ['Null false of an absent key', { Null: { k: 'false' } }, {}, false],
    ['Null true', { Null: { k: 'true' } }, {}, true],
    ['Null true of a key that is there', { Null: { k: 'true' } }, { k: 'a' }, false],
    ['ForAllValues of an absent key', { 'ForAllValues:StringLike': { k: 'a*' } }, {}, true],
    ['ForAllValues', { 'ForAllValues:StringLike': { k: ['a*', 'b'] } }, { k: ['ax', 'b'] }, true],
    ['ForAllValues', { 'ForAllValues:StringEquals': { k: ['a'] } }, { k: ['a', 'b'] }, false],
    ['two keys', { StringEquals: { k: 'a', l: 'b' } }, { k: 'a' }, false],
    ['two operators', { StringEquals: { k: 'a' }, Null: { l: 'true' } }, { k: 'a', l: 'b' }, false],
  ])('%s: %j of %j is %s', (_, condition, context, holds) => {
    expect(ask([when(condition)], { context }).decision === 'allow').toBe(holds)
  })
})

describe('for any policy', () => {
  const name = fc.constantFrom('a', 'b', 'ab', '*', 'a*', '?b', `${RUN_ID}*`)
  const statement = fc.record({
    Sid: fc.constant('S'),
    Effect: fc.constantFrom<('Allow' | 'Deny')[]>('Allow', 'Deny'),
    Action: fc.array(name, { minLength: 1, maxLength: 3 }),
    Resource: fc.array(name, { minLength: 1, maxLength: 3 }),
  })
  const request = fc.record({
    action: fc.constantFrom('a', 'b', 'ab', 'bb'),
    resource: fc.constantFrom('a', 'b', 'ab', 'run'),
    context: fc.constantFrom<RequestContext[]>({}, tags('run'), tags('*')),
  })

  it('a statement more that denies, or a boundary, never allows anything', () => {
    fc.assert(
      fc.property(fc.array(statement), fc.array(statement), statement, request, (policy, boundary, more, asked) => {
        if (ask(policy, asked).decision === 'allow') return
        expect(ask([...policy, { ...more, Effect: 'Deny' }], asked).decision).not.toBe('allow')
        expect(ask(policy, asked, boundary).decision).not.toBe('allow')
      }),
    )
  })

  it('the order of statements, and the case of actions and keys, changes nothing', () => {
    fc.assert(
      fc.property(fc.array(statement), request, (policy, asked) => {
        const { action, context } = asked
        const shouted = Object.fromEntries(Object.entries(context).map(([key, value]) => [key.toUpperCase(), value]))
        const { decision } = ask(policy, asked)

        expect(ask(policy.toReversed(), asked).decision).toBe(decision)
        expect(ask(policy, { ...asked, action: action.toUpperCase(), context: shouted }).decision).toBe(decision)
      }),
    )
  })

  it('a pattern fits what an expression of the same meaning fits, whatever it is filled in with', () => {
    const piece = fc.constantFrom('a', 'b', '*', '?', '.', '\\', RUN_ID)
    const text = fc.array(fc.constantFrom('a', 'b', '*', '?', '.', '\\'), { maxLength: 8 }).map((all) => all.join(''))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), text, text, (pieces, runId, value) => {
        const source = pieces.map((one) => {
          if (one === '*') return '.*'
          if (one === '?') return '.'
          return (one === RUN_ID ? runId : one).replaceAll(/[\\.*?]/g, '\\$&')
        })
        const expected = new RegExp(`^${source.join('')}$`, 's').test(value)
        const asked = { resource: value, context: { 'aws:PrincipalTag/runId': runId } }

        expect(ask([{ ...ALLOW, Resource: [pieces.join('')] }], asked).decision === 'allow').toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('a long text against many stars is told at once', () => {
    const began = performance.now()
    ask([{ ...ALLOW, Resource: [`${'a*?'.repeat(50)}b`] }], { resource: 'a'.repeat(20_000) })
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})
