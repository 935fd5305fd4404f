import type { ConfigRecord } from './records.ts';

/** What a change may touch: everything but the identity and what the API keeps itself. */
export type RecordPatch = Record<string, unknown>;

/** Records that exist by rule alone: record `n` is made when it is looked at, so that fifty thousand cost nothing. */
export interface RecordSource {
  readonly count: number;
  make(n: number): ConfigRecord;
  /** The place of an id, or undefined when it is none of these. */
  placeOf(id: string): number | undefined;
}

/** A source with what was changed in it since: memory grows with the changes, not with the records. */
interface Range {
  source: RecordSource;
  /** Applies to all of them. */
  overlay: RecordPatch;
  patches: Map<number, RecordPatch>;
  /** Places that were deleted, ascending. */
  gone: number[];
}

/** All records of one resource, in the order of the list: those of the story, the generated ones, those added since. */
export interface RecordTable {
  size(): number;
  slice(from: number, to: number): ConfigRecord[];
  all(): Iterable<ConfigRecord>;
  find(id: string): ConfigRecord | undefined;
  add(record: ConfigRecord): ConfigRecord;
  /** Undefined when there is none (any more). */
  change(id: string, patch: RecordPatch): ConfigRecord | undefined;
  remove(id: string): ConfigRecord | undefined;
  /** Brings a deleted one back under its id, in its old place. */
  restore(id: string, patch: RecordPatch): ConfigRecord | undefined;
  /** Ids of those that were not generated. */
  namedIds(): string[];
  generatedSize(): number;
  generate(source: RecordSource): void;
  /** Leaves the generated ones out, or changes all of them, and lets another source follow with the same changes. */
  succeed(old: 'deleted' | RecordPatch, next: (source: RecordSource) => RecordSource): void;
}

export function createRecordTable(first: ConfigRecord[]): RecordTable {
  const head = rangeOf(sourceOf(first));
  const added: ConfigRecord[] = [];
  const tail = rangeOf(sourceOf(added));
  let generated: Range[] = [];
  const ranges = (): Range[] => [head, ...generated, tail];

  const locate = (id: string): { range: Range; place: number } | undefined => {
    for (const range of ranges()) {
      const place = range.source.placeOf(id);
      if (place !== undefined) return { range, place };
    }
    return undefined;
  };
  const alive = (id: string) => {
    const found = locate(id);
    return found === undefined || found.range.gone.includes(found.place) ? undefined : found;
  };
  const patch = ({ range, place }: { range: Range; place: number }, more: RecordPatch): ConfigRecord => {
    range.patches.set(place, { ...range.patches.get(place), ...more });
    return viewOf(range, place);
  };

  return {
    size: () => ranges().reduce((sum, range) => sum + sizeOf(range), 0),
    slice(from, to) {
      const found: ConfigRecord[] = [];
      let start = 0;
      for (const range of ranges()) {
        const end = start + sizeOf(range);
        for (let n = Math.max(from, start); n < Math.min(to, end); n++) found.push(viewAt(range, n - start));
        start = end;
      }
      return found;
    },
    *all() {
      for (const range of ranges()) for (let n = 0; n < sizeOf(range); n++) yield viewAt(range, n);
    },
    find(id) {
      const found = alive(id);
      return found && viewOf(found.range, found.place);
    },
    add(record) {
      if (locate(record.id) !== undefined) throw new Error(`A record with id ${record.id} exists or existed already.`);
      added.push(record);
      return record;
    },
    change(id, more) {
      const found = alive(id);
      return found && patch(found, more);
    },
    remove(id) {
      const found = alive(id);
      if (found === undefined) return undefined;
      const record = viewOf(found.range, found.place);
      found.range.gone = [...found.range.gone, found.place].sort((a, b) => a - b);
      return record;
    },
    restore(id, more) {
      const found = locate(id);
      if (found === undefined || !found.range.gone.includes(found.place)) return undefined;
      found.range.gone = found.range.gone.filter((place) => place !== found.place);
      return patch(found, more);
    },
    namedIds: () =>
      [head, tail].flatMap((range) => Array.from({ length: sizeOf(range) }, (_, n) => viewAt(range, n).id)),
    generatedSize: () => {
      const last = generated.at(-1);
      return last === undefined ? 0 : sizeOf(last);
    },
    generate(source) {
      generated = source.count === 0 ? [] : [rangeOf(source)];
    },
    succeed(old, next) {
      const last = generated.at(-1);
      if (last === undefined) return;
      const copy: Range = { ...last, source: next(last.source), patches: new Map(last.patches), gone: [...last.gone] };
      generated = old === 'deleted' ? generated.slice(0, -1) : generated;
      if (old !== 'deleted') last.overlay = { ...last.overlay, ...old };
      generated.push(copy);
    },
  };
}

function sourceOf(records: ConfigRecord[]): RecordSource {
  const places = new Map<string, number>();
  return {
    get count() {
      return records.length;
    },
    make: (n) => records[n]!,
    placeOf(id) {
      for (let n = places.size; n < records.length; n++) places.set(records[n]!.id, n);
      return places.get(id);
    },
  };
}

function rangeOf(source: RecordSource): Range {
  return { source, overlay: {}, patches: new Map(), gone: [] };
}

function sizeOf({ source, gone }: Range): number {
  return source.count - gone.length;
}

/** The nth of those that are left. */
function viewAt(range: Range, n: number): ConfigRecord {
  let place = n;
  for (const gone of range.gone) {
    if (gone > place) break;
    place += 1;
  }
  return viewOf(range, place);
}

function viewOf({ source, overlay, patches }: Range, place: number): ConfigRecord {
  return { ...source.make(place), ...overlay, ...patches.get(place) } as ConfigRecord;
}
