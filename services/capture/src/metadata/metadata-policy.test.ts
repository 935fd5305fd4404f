import { describe, expect, it } from '@jest/globals';
import { ASK_AGAIN_AFTER_MS, fieldsOf, isLeftOut, labelValues, readMappings } from './metadata-policy.ts';

const read = (...mappings: [name: string, label: string][]) =>
  readMappings(mappings.map(([acdMetadataName, metadataLabel]) => ({ acdMetadataName, metadataLabel })));

describe('CAP-04 what mappings ask for', () => {
  it('CAP-04 each field once, whichever prefix names it; call types and wrong names are not asked for', () => {
    const mappings = read(
      ['task.origin', 'From'],
      ['taskDetails.origin', 'Caller'],
      ['Customer segment', 'call type'],
      ['task.queues', 'Queues'],
      ['task.Tier:Integer', 'Tier'],
    );
    expect([...fieldsOf(mappings).keys()]).toEqual(['origin', 'Tier:Integer']);
  });

  it('CAP-04 a name that the grammar refuses says where, why and what was meant', () =>
    expect(read(['task.orgin', 'From'])).toEqual([
      {
        acdMetadataName: 'task.orgin',
        metadataLabel: 'From',
        kind: 'refused',
        reason: expect.stringMatching(/^At character 6: orgin is no field/),
        suggestion: 'task.origin',
      },
    ]));
});

describe('CAP-04 values under their labels', () => {
  it('CAP-04 labels stand in the order of the mappings; one without a value is null', () => {
    const mappings = read(['task.contactReason', 'Reason'], ['task.origin', 'From'], ['task.Tier:Integer', 'Tier']);
    expect(labelValues(mappings, { origin: '+1', 'Tier:Integer': '3' })).toEqual({
      metadata: [
        { label: 'Reason', value: null },
        { label: 'From', value: '+1' },
        { label: 'Tier', value: '3' },
      ],
    });
  });

  it('CAP-04 of several names with one label the first that has a value gives it', () => {
    const mappings = read(['task.contactReason', 'Why'], ['task.Reason:String', 'Why'], ['task.origin', 'Why']);
    const metadataOf = (values: Record<string, string>) => labelValues(mappings, values).metadata;
    expect(metadataOf({ 'Reason:String': 'b', origin: 'c' })).toEqual([{ label: 'Why', value: 'b' }]);
    expect(metadataOf({ contactReason: 'a', origin: 'c' })).toEqual([{ label: 'Why', value: 'a' }]);
    expect(metadataOf({})).toEqual([{ label: 'Why', value: null }]);
  });

  it('CAP-04 call types go on as labels, for the contacts’ kind decides', () => {
    const mappings = read(['Customer segment', 'call type'], ['task.origin', 'From'], ['Consult', 'call type']);
    expect(labelValues(mappings, {})).toEqual({
      metadata: [{ label: 'From', value: null }],
      callTypeLabels: { customerSegment: 'call type', consult: 'call type' },
    });
    expect(labelValues(read(['Consult', 'x']), {}).callTypeLabels).toEqual({ customerSegment: null, consult: 'x' });
  });

  it('CAP-04 a call type gives way only to a field before it that has a value', () => {
    const before = read(['task.origin', 'Kind'], ['Consult', 'Kind']);
    expect(labelValues(before, { origin: '+1' })).toEqual({ metadata: [{ label: 'Kind', value: '+1' }] });
    expect(labelValues(before, {}).callTypeLabels).toEqual({ customerSegment: null, consult: 'Kind' });
    const behind = read(['Consult', 'Kind'], ['task.origin', 'Kind']);
    expect(labelValues(behind, { origin: '+1' }).callTypeLabels).toEqual({ customerSegment: null, consult: 'Kind' });
  });
});

describe('CAP-04 a field that is not offered', () => {
  it('CAP-04 is left out for a day and asked for again then', () => {
    const refused = { reason: 'x', firstRefusedAtMs: 0, lastRefusedAtMs: 5_000 };
    expect(isLeftOut(undefined, 5_000)).toBe(false);
    expect(isLeftOut(refused, 5_000 + ASK_AGAIN_AFTER_MS - 1)).toBe(true);
    expect(isLeftOut(refused, 5_000 + ASK_AGAIN_AFTER_MS)).toBe(false);
  });
});
