import { Nullable } from '@wxcc-wfo/contracts';
import { type Static, Type } from 'typebox';
import { NextCursor } from '../listing/cursor.ts';
import { KINDS } from '../reconcile/decision.ts';
import type { StoredChange } from './change-repository.ts';
import { RUN_STATES, RUN_TRIGGERS } from './run-policy.ts';
import type { SyncRun } from './run-repository.ts';

const Instant = (description: string) => Type.String({ format: 'date-time', description });
const InstantOrNull = (description: string) => Nullable(Type.String({ format: 'date-time' }), description);
const Whole = (description: string) => Type.Integer({ minimum: 0, description });
const OneOf = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], description });

export const CHANGES = ['add', 'change', 'deactivate', 'reactivate', 'mark'] as const;

const ProblemOfRun = Type.Object(
  {
    code: Type.String({ description: 'A stable code.' }),
    detail: Type.String({ description: 'What happened, to what.' }),
    remedy: Type.String({ description: 'What to do next.' }),
  },
  { description: 'Why a run failed, stopped, waits or is not complete.' },
);

const CountsOfKind = Type.Object(
  {
    seen: Whole('Records that the ACD listed.'),
    added: Whole('New here.'),
    changed: Whole('Renamed or otherwise changed, given the agent role back, or active again.'),
    deactivated: Whole('Users that are no longer active.'),
    unchanged: Whole('As they were.'),
    marked: Whole('Only what the ACD says of them was noted.'),
    notImported: Whole('Not Active users and inactive teams that were never known here.'),
    refused: Whole('Could not be taken over; the listing’s problem says why.'),
  },
  { description: 'What a run counted of one kind, growing while it reads.' },
);
const ListingOfKind = Type.Object(
  {
    state: OneOf(['reading', 'complete', 'partial'], 'Deletions are concluded from complete listings alone (SYNC-06).'),
    problem: Nullable(ProblemOfRun, 'Why it is not complete, or what of it was refused.'),
  },
  { description: 'How far the listing of one kind came.' },
);
const perKind = <T extends Parameters<typeof Type.Optional>[0]>(of: T, description: string) =>
  Type.Object(Object.fromEntries(KINDS.map((kind) => [kind, Type.Optional(of)])), { description });

const runFields = {
  runId: Type.String({ format: 'uuid', description: 'The run.' }),
  acdId: Type.String({ format: 'uuid', description: 'The ACD connection.' }),
  trigger: OneOf(RUN_TRIGGERS, 'Why it began; a dry run changes nothing.'),
  state: OneOf(RUN_STATES, 'Where it stands. The last four are ends.'),
  requestedBy: Nullable(Type.String(), 'Who asked for it; null: the interval.'),
  requestedAt: Instant('When it was asked for.'),
  startedAt: InstantOrNull('When reading began.'),
  endedAt: InstantOrNull('When it was over.'),
  durationSeconds: Nullable(Type.Number(), 'From its beginning to its end; null while it is not over.'),
  counts: perKind(CountsOfKind, 'By kind; kinds that were not begun are missing.'),
  listings: perKind(ListingOfKind, 'By kind; kinds that were not begun are missing.'),
  plannedChanges: Whole('Rows of its plan.'),
  appliedChanges: Whole('Rows that were applied and changed something.'),
  brake: Nullable(
    Type.Object({
      activeUsers: Whole('Active users before the run.'),
      deactivations: Whole('Of them, how many it would deactivate.'),
      share: Type.Number({ description: 'Deactivations by active users, 0 to 1.' }),
      limit: Type.Number({ description: 'The set share.' }),
      isHeld: Type.Boolean({ description: 'Whether the run needs approval.' }),
    }),
    'What the brake judged by (SYNC-06).',
  ),
  problem: Nullable(ProblemOfRun, 'Why it failed, stopped, waits or is not complete.'),
  decision: Nullable(
    Type.Object({
      by: Type.String({ description: 'Who approved or rejected it.' }),
      at: Instant('When.'),
      reason: Nullable(Type.String(), 'Why, in that person’s words.'),
    }),
    'Of a run that waited for approval.',
  ),
};

const exampleCounts = {
  seen: 812,
  added: 2,
  changed: 3,
  deactivated: 1,
  unchanged: 780,
  marked: 0,
  notImported: 27,
  refused: 0,
};
const example = {
  runId: '5b1f3c52-8f0e-4c0a-9a38-52f0a3a7b1c4',
  acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
  trigger: 'interval' as const,
  state: 'done' as const,
  requestedBy: null,
  requestedAt: '2026-03-02T09:00:00.000Z',
  startedAt: '2026-03-02T09:00:00.000Z',
  endedAt: '2026-03-02T09:00:07.250Z',
  durationSeconds: 7.25,
  counts: { user: exampleCounts },
  listings: { user: { state: 'complete' as const, problem: null } },
  plannedChanges: 6,
  appliedChanges: 6,
  brake: { activeUsers: 784, deactivations: 1, share: 0.0013, limit: 0.2, isHeld: false },
  problem: null,
  decision: null,
};
const waiting = {
  ...example,
  state: 'awaiting-approval' as const,
  endedAt: null,
  durationSeconds: null,
  plannedChanges: 310,
  appliedChanges: 0,
  brake: { activeUsers: 784, deactivations: 310, share: 0.3954, limit: 0.2, isHeld: true },
  problem: {
    code: 'brake',
    detail: 'The run would deactivate 310 of 784 active users (39.5 %); the set limit is 20 %. It changed nothing.',
    remedy: 'Look at its changes, then approve or reject the run.',
  },
};

export const RunView = Type.Object(runFields, { description: 'One run of the sync.', examples: [example, waiting] });
export const RunPage = Type.Object(
  { items: Type.Array(Type.Object(runFields), { description: 'The newest first.' }), nextCursor: NextCursor },
  { description: 'A page of an ACD’s runs.', examples: [{ items: [example], nextCursor: null }] },
);

const changeFields = {
  seq: Type.Integer({ description: 'The order in which the plan is applied.' }),
  kind: OneOf(KINDS, 'What it is.'),
  change: OneOf(CHANGES, 'What happens to it; `mark`: only what the ACD says of it is noted.'),
  itemId: Type.String({ format: 'uuid', description: 'The WFO id; for `add` the one that it gets.' }),
  webexId: Type.String({ description: 'The id in Webex Contact Center.' }),
  name: Type.String({ description: 'Its name as the run read it.' }),
  reasons: Type.Array(Type.String(), { description: 'Which rules made the change.' }),
  before: Nullable(Type.Record(Type.String(), Type.Unknown()), 'The fields that differ, as they were; null if new.'),
  after: Type.Record(Type.String(), Type.Unknown(), { description: 'The same fields as they become.' }),
  outcome: Nullable(
    Type.Unsafe<'applied' | 'skipped'>({ type: 'string', enum: ['applied', 'skipped'] }),
    'skipped: it was so already, or somebody decided otherwise; null: not applied.',
  ),
};
const exampleChange = {
  seq: 1,
  kind: 'user' as const,
  change: 'change' as const,
  itemId: '1b7f8a52-8f0e-5c0a-9a38-52f0a3a7b101',
  webexId: '93912f11-6017-404b-bf14-5331890b1797',
  name: 'Ada Example',
  reasons: ['the directory’s data follow (SYNC-04)'],
  before: { lastName: 'Muster' },
  after: { lastName: 'Example' },
  outcome: null,
};
export const ChangePage = Type.Object(
  {
    items: Type.Array(Type.Object(changeFields), { description: 'In the order of the plan.' }),
    nextCursor: NextCursor,
  },
  { description: 'A page of a run’s changes.', examples: [{ items: [exampleChange], nextCursor: null }] },
);

const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString());

export function runView(run: SyncRun): Static<typeof RunView> {
  const isTimed = run.startedAtMs !== null && run.endedAtMs !== null;
  return {
    runId: run.runId,
    acdId: run.acdId,
    trigger: run.trigger,
    state: run.state,
    requestedBy: run.requestedBy,
    requestedAt: new Date(run.requestedAtMs).toISOString(),
    startedAt: iso(run.startedAtMs),
    endedAt: iso(run.endedAtMs),
    durationSeconds: isTimed ? (run.endedAtMs! - run.startedAtMs!) / 1000 : null,
    counts: run.counts,
    listings: run.listings,
    plannedChanges: run.plannedChanges,
    appliedChanges: run.appliedChanges,
    brake: run.brake,
    problem: run.problem,
    decision:
      run.decidedBy === null
        ? null
        : { by: run.decidedBy, at: new Date(run.decidedAtMs!).toISOString(), reason: run.decisionReason },
  };
}

export const changeView = (change: StoredChange): StoredChange => change;

const COLUMNS = ['change', 'kind', 'name', 'Webex id', 'what', 'why'] as const;
const LONGEST_CELL = 60;

/** The changes of a page as a table for people. */
export function changesTable(changes: readonly StoredChange[]): string {
  const rows = [COLUMNS.slice(), ...changes.map(cellsOf)].map((cells) => cells.map(shorten));
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, n) => cell.padEnd(widths[n]!))
      .join('  ')
      .trimEnd();
  const [head, ...rest] = rows;
  return `${[line(head!), widths.map((width) => '-'.repeat(width)).join('  '), ...rest.map(line)].join('\n')}\n`;
}

function cellsOf({ change, kind, name, webexId, before, after, reasons }: StoredChange): string[] {
  const fields = Object.keys(after).map((field) =>
    before === null ? `${field} ${say(after[field])}` : `${field} ${say(before[field])} → ${say(after[field])}`,
  );
  return [change, kind, name, webexId, fields.join(', '), reasons.join('; ')];
}

const say = (value: unknown) => (typeof value === 'string' ? `“${value}”` : JSON.stringify(value ?? null));
const shorten = (text: string) => {
  const plain = text.replaceAll(/\s+/g, ' ');
  return plain.length > LONGEST_CELL ? `${plain.slice(0, LONGEST_CELL - 1)}…` : plain;
};
