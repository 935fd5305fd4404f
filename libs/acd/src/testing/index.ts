export { anAcd } from './an-acd.ts';
export { acdFollowerSubject } from './lifecycle-subject.ts';
