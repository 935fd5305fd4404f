import { type Static, Type } from 'typebox';
import { PLAIN_TEXT } from '../acds/acd-schema.ts';
import { EXAMPLE_ACD_ID } from '../acds/acd-view.ts';
import { CHECKS } from './preflight-policy.ts';

const Iso = (description: string) => Type.String({ format: 'date-time', description });
const Nullable = <T extends ReturnType<typeof Type.String>>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const checkFields = {
  check: Type.String({ description: 'Which check; stable.' }),
  title: Type.String({ description: 'What must be so.' }),
  outcome: Type.Enum(['pass', 'fail', 'cannot-be-checked'], {
    description: '`cannot-be-checked`: somebody must look, and confirm it.',
  }),
  evidence: Type.String({ description: 'What was seen.' }),
  next: Nullable(Type.String(), 'What to do next; null where nothing is.'),
  guideSection: Type.String({ description: 'Where the integration guide asks for it.' }),
  confirmedBy: Nullable(Type.String(), 'Who confirmed what cannot be checked, for this account and organization.'),
  confirmedAt: Nullable(Type.String({ format: 'date-time' }), 'When.'),
  note: Nullable(Type.String(), 'What was noted with the confirmation.'),
};

const checkExample = {
  check: 'global-access',
  title: '“Global Access Enabled” is on',
  outcome: 'cannot-be-checked',
  evidence: 'The Webex APIs that this connection may use do not tell.',
  next: 'Look at Control Hub › Apps › General. Then confirm this check.',
  guideSection: 'Configure Cisco Webex Contact Center › Configure Apps settings',
  confirmedBy: 'key:operator',
  confirmedAt: '2026-01-15T09:20:00.000Z',
  note: 'Switched on by the partner.',
};

export const PreflightReport = Type.Object(
  {
    acdId: Type.String({ description: 'The server id of the ACD.' }),
    ranAt: Iso('When it ran.'),
    ranBy: Type.String({ description: 'Who ran it.' }),
    summary: Type.Object(
      {
        pass: Type.Integer({ description: 'Checks that are as they should be.' }),
        fail: Type.Integer({ description: 'Checks that are not.' }),
        cannotBeChecked: Type.Integer({ description: 'Checks that only a person can make.' }),
        confirmed: Type.Integer({ description: 'Of these, those that a person has confirmed.' }),
        ready: Type.Boolean({ description: 'Nothing failed, and everything that cannot be checked is confirmed.' }),
      },
      { description: 'How many of each.' },
    ),
    checks: Type.Array(Type.Object(checkFields), { description: 'Every prerequisite, in the order of the setup.' }),
  },
  {
    description: 'The last preflight of an ACD, with what was confirmed since.',
    examples: [
      {
        acdId: EXAMPLE_ACD_ID,
        ranAt: '2026-01-15T09:16:00.000Z',
        ranBy: 'key:operator',
        summary: { pass: 20, fail: 0, cannotBeChecked: 1, confirmed: 1, ready: true },
        checks: [checkExample],
      },
    ],
  },
);
export type PreflightReport = Static<typeof PreflightReport>;

export const ConfirmCheck = Type.Object(
  {
    check: Type.Enum(
      CHECKS.map(({ id }) => id),
      { description: 'A check whose outcome is `cannot-be-checked`.' },
    ),
    note: Type.String({
      minLength: 1,
      maxLength: 1_000,
      pattern: PLAIN_TEXT,
      description: 'What was looked at, and by whom it was said. It is kept in the audit trail.',
    }),
  },
  {
    additionalProperties: false,
    examples: [{ check: 'global-access', note: 'Switched on by the partner.' }],
  },
);
