import { describe, expect, it } from '@jest/globals';
import { metadataOf } from './metadata-policy.ts';

const account = { label: 'Account', value: '4711' };
const task = (callTypeLabels?: { customerSegment: string | null; consult: string | null }) => ({
  metadata: [account, { label: 'Kind', value: 'billing' }],
  ...(callTypeLabels ? { callTypeLabels } : {}),
});

describe('CAP-04 the call type in a contact’s metadata', () => {
  it('CAP-04 a contact of the customer’s call gets "Customer segment", a consult contact "Consult", each under its label', () => {
    const mapped = task({ customerSegment: 'call type', consult: 'consultation' });
    expect(metadataOf(mapped, 'customer-segment').slice(2)).toEqual([
      { label: 'call type', value: 'Customer segment' },
    ]);
    expect(metadataOf(mapped, 'consult').slice(2)).toEqual([{ label: 'consultation', value: 'Consult' }]);
  });

  it('CAP-04 both may share one label, as the guide advises', () => {
    const mapped = task({ customerSegment: 'call type', consult: 'call type' });
    expect(metadataOf(mapped, 'customer-segment').at(-1)).toEqual({ label: 'call type', value: 'Customer segment' });
    expect(metadataOf(mapped, 'consult').at(-1)).toEqual({ label: 'call type', value: 'Consult' });
  });

  it('CAP-04 takes the place of a field under the same label, only in the contacts of its kind', () => {
    const mapped = task({ customerSegment: 'Kind', consult: null });
    expect(metadataOf(mapped, 'customer-segment')).toEqual([account, { label: 'Kind', value: 'Customer segment' }]);
    expect(metadataOf(mapped, 'consult')).toEqual([account, { label: 'Kind', value: 'billing' }]);
  });

  it('CAP-04 is not there where it is not mapped', () => {
    expect(metadataOf(task(), 'customer-segment')).toEqual(task().metadata);
    expect(metadataOf(task({ customerSegment: null, consult: 'x' }), 'customer-segment')).toEqual(task().metadata);
  });
});
