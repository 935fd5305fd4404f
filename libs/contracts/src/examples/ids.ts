/** Ids that the golden examples share; made up, and easy to recognise. */
export const TENANT = '7d1f0c52-5a4e-4a1b-9c58-0d6f8f0f0001';
export const ACD = '2b9d7a10-93c1-4d7e-8f00-4a52b1c30002';
export const ORGANIZATION = '5f0e3a77-1c0d-4c8e-b7a4-9be1f2d40003';
export const TASK = 'c4a1b2d3-0f5e-4b6a-9d8c-7e6f5a4b0004';
export const RECORDING = '9e8d7c6b-5a49-5837-a615-243342510005';
export const CONTACT_A = '1a2b3c4d-5e6f-5071-8293-a4b5c6d70006';
export const AGENT_A = 'a1000000-0000-4000-8000-000000000007';
export const AGENT_B = 'b2000000-0000-4000-8000-000000000008';
/** 2026-03-02T09:00:00Z */
export const NINE_OCLOCK_MS = 1_772_442_000_000;
