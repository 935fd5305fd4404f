import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRecordTable, type RecordSource } from './record-table.ts';
import type { ConfigRecord } from './records.ts';

/** Ids `<letter><number>`: h from the start, g generated. */
const generatedOf = (letter: string, count: number): RecordSource => ({
  count,
  make: (n) => ({ id: `${letter}${n}`, name: `Generated ${n}` }),
  placeOf: (id) => (id.startsWith(letter) && Number(id.slice(1)) < count ? Number(id.slice(1)) : undefined),
});

type Step = { do: 'add' | 'remove' | 'restore' | 'change'; n: number };
const steps = fc.array(
  fc.record({ do: fc.constantFrom('add', 'remove', 'restore', 'change'), n: fc.nat(40) }) as fc.Arbitrary<Step>,
  { maxLength: 40 },
);

describe('OPS-06: a table of records, most of them made when they are looked at', () => {
  it('behaves as a plain list would', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.nat(25), steps, fc.nat(30), fc.nat(10), (heads, generated, happened, from, length) => {
        const head = Array.from({ length: heads }, (_, n): ConfigRecord => ({ id: `h${n}`, name: `Head ${n}` }));
        const table = createRecordTable(head);
        table.generate(generatedOf('g', generated));
        const model = [
          ...head.map((record) => ({ record, alive: true })),
          ...Array.from({ length: generated }, (_, n) => ({
            record: generatedOf('g', generated).make(n),
            alive: true,
          })),
        ];
        const living = () => model.filter((one) => one.alive).map((one) => one.record);
        for (const [index, step] of happened.entries()) {
          if (step.do === 'add') {
            const record: ConfigRecord = { id: `a${index}`, name: 'Added' };
            model.push({ record: table.add(record), alive: true });
            continue;
          }
          const one = model[step.n % Math.max(1, model.length)];
          if (one === undefined) continue;
          const { id } = one.record;
          if (step.do === 'change') {
            const changed = table.change(id, { name: `Changed ${index}` });
            expect(changed !== undefined).toBe(one.alive);
            if (one.alive) one.record = { ...one.record, name: `Changed ${index}` };
          } else if (step.do === 'remove') {
            expect(table.remove(id) !== undefined).toBe(one.alive);
            one.alive = false;
          } else {
            expect(table.restore(id, {}) !== undefined).toBe(!one.alive);
            one.alive = true;
          }
        }
        expect(table.size()).toBe(living().length);
        expect([...table.all()]).toEqual(living());
        expect(table.slice(from, from + length)).toEqual(living().slice(from, from + length));
        for (const one of model) expect(table.find(one.record.id)).toEqual(one.alive ? one.record : undefined);
      }),
      { numRuns: 300 },
    );
  });

  it('lets a generated range be followed by another with the same changes', () => {
    const table = createRecordTable([]);
    table.generate(generatedOf('g', 4));
    table.change('g1', { name: 'Renamed' });
    table.remove('g2');
    table.succeed({ active: false }, (source) => generatedOf('n', source.count));
    expect([...table.all()].map(({ id, name, active }) => [id, name, active])).toEqual([
      ['g0', 'Generated 0', false],
      ['g1', 'Renamed', false],
      ['g3', 'Generated 3', false],
      ['n0', 'Generated 0', undefined],
      ['n1', 'Renamed', undefined],
      ['n3', 'Generated 3', undefined],
    ]);
  });
});
