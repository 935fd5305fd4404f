import { expect, it } from '@jest/globals';
import { contactsAsText, heardAsText, recording, row, segment, task } from '../../test/call-rows.ts';
import { describeWithSamples, sampleRows } from '../../test/sample-calls.ts';

/*
 * Consultations whose leg to the consulted agent stands in the task with rows of its own. Where a row begins follows
 * from the durations: states of the customer's call follow each other, the hold lasts through the consultation, and
 * the consult leg's `new`, `connect` and `connected` fill the time of `consulting`.
 */
describeWithSamples('published calls with a consult leg of their own', () => {
  it('SEG-04 a9714608, B is consulted, A returns: A’s contact is whole and silent on hold; B gets none of the customer', () => {
    // 9.709 s ringing, 22.382 s talk, asks; B rings within `consulting`, which ends 7.319 s before the resume.
    const rows = sampleRows('a9714608', [
      ['new', 0],
      ['connect', 1.794, 'A'],
      ['connected', 11.503, 'A'],
      ['consult', 33.885, 'A'],
      ['on-hold', 34.67, 'A'],
      ['consulting', 35.152, 'A'],
      ['new', 35.231],
      ['connect', 37.261, 'B'],
      ['connected', 46.433, 'B'],
      ['consult-done', 78.498, 'A'],
      ['ended', 78.5],
      ['hold-done', 85.817, 'A'],
      ['ended', 91.461],
      ['WrapUp', 91.461, 'A'],
    ]);
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 11.503–91.461 silent 34.67–85.817']);
  });

  it('SEG-03 af2db2a5, A consults C warmly and transfers: C’s contact begins with C’s answer to the consultation', () => {
    // The sample's page leaves out the nine oldest rows: A's answer, and how the first consultation began.
    const before = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 59.88, 'A'),
      row('consulting', 20.5, 59.061, 'A'),
      row('task-created', 20.5, 22),
    ];
    const rows = sampleRows('af2db2a5', [
      // B answers the consultation at 31.722, joins the customer's call at 59.061 and leaves it at 268.954.
      ['connect', 22, 'B'],
      ['connected', 31.722, 'B'],
      ['Conference', 59.061, 'A', 'B'],
      ['conferencing', 59.69, 'A', 'B'],
      ['hold-done', 59.88, 'A'],
      ['conference-done', 268.954, 'A'],
      ['ended', 268.96, 'B'],
      // C answers the consultation at 541.685; hold and consultation end at 581.61, where A hands over.
      ['consult', 526.358, 'A'],
      ['on-hold', 527.094, 'A'],
      ['consulting', 527.487, 'A'],
      ['new', 527.487],
      ['connect', 529.459, 'C'],
      ['connected', 541.685, 'C'],
      ['ConsultTransfer', 581.61, 'A', 'C'],
      ['Transferred', 582.322, 'A', 'C'],
      ['WrapUp', 582.33, 'A'],
      ['connected', 582.789, 'C'],
      ['ended', 1148.995],
      ['ended', 1148.996],
      ['WrapUp', 1148.996, 'C'],
    ]);
    const contacts = segment(task([...before, ...rows]), [recording(1, 10, 1149)]);
    expect(contactsAsText(contacts)).toEqual([
      'A 10–581.61 silent 20–59.88, 527.094–581.61 file-uploaded',
      'C 541.685–1148.995 file-uploaded',
    ]);
    expect(heardAsText(contacts[1]!.contact)).toEqual([
      '0–39.925 silence no-recording',
      '39.925–607.31 recording 1 from 571.61',
    ]);
  });

  it('SEG-04 d4fa470f, A takes the customer back while B still waits, and the call ends: A is silent until the resume', () => {
    const rows = sampleRows('d4fa470f', [
      ['new', 0],
      ['connect', 1.486, 'A'],
      ['connected', 9.738, 'A'],
      ['consult', 54.149, 'A'],
      ['on-hold', 54.837, 'A'],
      ['consulting', 55.749, 'A'],
      ['new', 55.916],
      ['connect', 57.918, 'B'],
      ['connected', 80.959, 'B'],
      ['hold-done', 149.079, 'A'],
      ['consult-done', 191.045, 'A'],
      ['ended', 191.051],
      ['WrapUp', 191.052, 'A'],
      ['ended', 191.06],
    ]);
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 9.738–191.051 silent 54.837–149.079']);
  });

  it('SEG-04 32fe3bb9, B never answers and the customer hangs up on hold: A alone, to the first end', () => {
    const rows = sampleRows('32fe3bb9', [
      ['new', 0],
      ['connect', 2.5, 'A'],
      ['connected', 19.407, 'A'],
      ['consult', 46.659, 'A'],
      ['on-hold', 47.434, 'A'],
      ['consulting', 48.1, 'A'],
      ['new', 48.349],
      ['connect', 50.776, 'B'],
      ['consult-done', 65.738, 'A'],
      ['ended', 65.743],
      ['WrapUp', 65.744, 'A'],
      ['ended', 66],
    ]);
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 19.407–65.743 silent 47.434–65.743']);
  });

  it('SEG-03 64598c2b, a consultation without a leg of its own: `consulting` is its talk, as ever', () => {
    const rows = sampleRows('64598c2b', [
      ['new', 0],
      ['connect', 1.418, 'A'],
      ['connected', 10.625, 'A'],
      ['consult', 44.072, 'A', 'B'],
      ['on-hold', 44.627, 'A'],
      // 44.627 + 30.024 of hold − 16.593; the 13 s of ringing before it have no row.
      ['consulting', 58.058, 'A', 'B'],
      ['ConsultTransfer', 74.651, 'A', 'B'],
      ['Transferred', 75.219, 'A', 'B'],
      ['connected', 75.224, 'B'],
      ['WrapUp', 75.23, 'A'],
      ['ended', 102.363],
      ['WrapUp', 102.364, 'B'],
    ]);
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10.625–74.651 silent 44.627–74.651', 'B 58.058–102.363']);
  });
});
