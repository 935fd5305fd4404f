import { describe, expect, it } from '@jest/globals';
import { refusalsOfMappings } from './mapping-policy.ts';

const mapping = (acdMetadataName: string, metadataLabel = 'Label') => ({ acdMetadataName, metadataLabel });

describe('CAP-04 metadata mappings when they are saved', () => {
  it('CAP-04 none, and good ones of every form, are accepted', () => {
    expect(refusalsOfMappings([])).toEqual([]);
    const good = [
      mapping('taskDetails.channelType', 'Channel Type'),
      mapping('task.owner.name', 'Owner'),
      mapping('task.channelMetaData.email.subject', 'Subject'),
      mapping('task.Global_VoiceName:String', 'Voice'),
      mapping('Customer segment', 'call type'),
      mapping('Consult', 'call type'),
    ];
    expect(refusalsOfMappings(good)).toEqual([]);
  });

  it('CAP-04 several names may share a label, the same field under both prefixes too', () =>
    expect(refusalsOfMappings([mapping('task.origin', 'From'), mapping('taskDetails.origin', 'From')])).toEqual([]));

  it('CAP-04 a near miss names the entry, the character and what was meant', () =>
    expect(refusalsOfMappings([mapping('task.origin'), mapping('taskDetails.chanelType')])).toEqual([
      {
        field: 'metadataMappings[1].acdMetadataName',
        reason:
          'At character 13: chanelType is no field of a task that can be mapped. A global variable needs its data type behind it, as taskDetails.chanelType:String.',
        remedy: 'Did you mean taskDetails.channelType?',
      },
    ]));

  it('CAP-04 what resembles nothing is told how names are written', () =>
    expect(refusalsOfMappings([mapping('Something else')])).toEqual([
      {
        field: 'metadataMappings[0].acdMetadataName',
        reason: 'At character 10: It holds a space or another blank; only "Customer segment" is written with one.',
        remedy: expect.stringContaining('<task or taskDetails>.<field>'),
      },
    ]));

  it('CAP-04 a name that is mapped twice is refused, whatever the labels', () =>
    expect(
      refusalsOfMappings([mapping('task.origin', 'A'), mapping('task.status'), mapping('task.origin', 'B')]),
    ).toEqual([
      {
        field: 'metadataMappings[2].acdMetadataName',
        reason: 'It is mapped already, by metadataMappings[0].',
        remedy: expect.stringContaining('Leave one of them out'),
      },
    ]));

  it.each([
    ['', 'missing'],
    ['x'.repeat(201), 'longer than 200'],
    [' Account', 'white space'],
    ['Account\u0007', 'control characters'],
    ['Account\ud800', 'broken'],
  ])('CAP-04 the label %j is refused', (label, reason) =>
    expect(refusalsOfMappings([mapping('task.origin', label)])).toEqual([
      {
        field: 'metadataMappings[0].metadataLabel',
        reason: expect.stringContaining(reason),
        remedy: expect.any(String),
      },
    ]),
  );

  it.each(['x', 'x'.repeat(200), 'Kundennummer (größer)'])('CAP-04 the label %j is accepted', (label) =>
    expect(refusalsOfMappings([mapping('task.origin', label)])).toEqual([]),
  );

  it('CAP-04 every refusal of a list is told at once', () => {
    const fields = refusalsOfMappings([mapping('task', ''), mapping('task.queues')]).map(({ field }) => field);
    expect(fields).toEqual([
      'metadataMappings[0].acdMetadataName',
      'metadataMappings[0].metadataLabel',
      'metadataMappings[1].acdMetadataName',
    ]);
  });
});
