import { describe, expect, it } from '@jest/globals';
import { ACD_VARIANTS, type AcdVariant } from '@wxcc-wfo/contracts';
import {
  type Capability,
  chooseVariant,
  refusalsOfVariant,
  type SentFormFields,
  VARIANTS,
  type VariantChoice,
  warningsOfVariant,
} from './variant-policy.ts';

const COLUMNS = ['1.0-cmsv1', '1.0-to-2.0-cmsv2', '2.0-cmsv1', '2.0'] as const;
const YES = true;
const NO = false;

describe('ACD-02 the guide’s matrix, row by row', () => {
  it('has its four columns', () => {
    expect(ACD_VARIANTS).toEqual([...COLUMNS]);
    expect(COLUMNS.map((variant) => VARIANTS[variant].title)).toEqual([
      'CWCC 1.0 with legacy CMSv1 APIs',
      'CWCC 1.0 to 2.0 with CMSv2 APIs',
      'CWCC 2.0 with legacy CMSv1 APIs',
      'CWCC 2.0 with Programmatic APIs',
    ]);
  });

  it.each<[string, Capability, boolean[]]>([
    ['Stereo recording', 'stereoRecording', [NO, YES, YES, YES]],
    ['Audio pause and resume (manual only)', 'audioPauseResume', [YES, YES, YES, YES]],
    ['Screen recording pause and resume (manual only)', 'screenPauseResume', [YES, YES, NO, YES]],
    ['Custom metadata: 2.0 only', 'customMetadata', [NO, NO, NO, YES]],
    ['Wrap-up codes: not of 1.0', 'wrapUpCodes', [NO, NO, NO, YES]],
    ['Call-associated data: not of 1.0', 'callAssociatedData', [NO, NO, NO, YES]],
    ['Digital: programmatic APIs', 'digital', [NO, NO, NO, YES]],
    ['Classic WFM', 'classicWfm', [YES, YES, YES, YES]],
    ['WFM (new WFM): programmatic APIs', 'newWfm', [NO, NO, NO, YES]],
  ])('%s', (_row, capability, cells) =>
    expect(COLUMNS.map((variant) => VARIANTS[variant].capabilities[capability])).toEqual(cells),
  );

  it.each<[string, (variant: AcdVariant) => unknown, unknown[]]>([
    ['authorization (AUTH-07)', (one) => VARIANTS[one].authorization, ['api-key', 'api-key', 'api-key', 'oauth']],
    ['the tick of the 1.0 form', (one) => VARIANTS[one].useCmsV2, [NO, YES, NO, NO]],
    [
      'Select ACD',
      (one) => VARIANTS[one].acdType,
      [...Array(3).fill('Cisco Customer Journey Platform'), 'Cisco Webex Contact Center 2.0'],
    ],
    ['Media API URL', (one) => VARIANTS[one].formFields.includes('mediaApiUrl'), [YES, YES, YES, NO]],
    ['API key', (one) => VARIANTS[one].formFields.includes('apiKey'), [YES, YES, YES, NO]],
    ['client record', (one) => VARIANTS[one].formFields.includes('clientRef'), [NO, NO, NO, YES]],
    ['Products Enabled', (one) => VARIANTS[one].formFields.includes('qualityManagement'), [NO, NO, NO, YES]],
    ['Metadata Mapping', (one) => VARIANTS[one].formFields.includes('metadataMappings'), [NO, NO, NO, YES]],
  ])('form: %s', (_row, of, cells) => expect(COLUMNS.map(of)).toEqual(cells));
});

describe('ACD-02 the variant that a form means', () => {
  it.each<[VariantChoice, AcdVariant]>([
    [{}, '2.0'],
    [{ type: 'Cisco Webex Contact Center 2.0' }, '2.0'],
    [{ type: 'Cisco Customer Journey Platform' }, '1.0-cmsv1'],
    [{ type: 'Cisco Customer Journey Platform', useCmsV2: false }, '1.0-cmsv1'],
    [{ type: 'Cisco Customer Journey Platform', useCmsV2: true }, '1.0-to-2.0-cmsv2'],
    [{ variant: '2.0-cmsv1' }, '2.0-cmsv1'],
    [{ variant: '2.0-cmsv1', type: 'Cisco Customer Journey Platform', useCmsV2: false }, '2.0-cmsv1'],
    [{ variant: '1.0-to-2.0-cmsv2', useCmsV2: true }, '1.0-to-2.0-cmsv2'],
    [{ variant: null, type: null, useCmsV2: null }, '2.0'],
  ])('%j → %s', (choice, variant) => expect(chooseVariant(choice)).toEqual({ variant, refusals: [] }));

  it.each<[VariantChoice, string]>([
    [{ variant: '2.0', type: 'Cisco Customer Journey Platform' }, 'type'],
    [{ variant: '1.0-cmsv1', useCmsV2: true }, 'useCmsV2'],
    [{ variant: '1.0-to-2.0-cmsv2', useCmsV2: false }, 'useCmsV2'],
    [{ variant: '2.0-cmsv1', useCmsV2: true }, 'useCmsV2'],
  ])('%j contradicts itself', (choice, field) =>
    expect(chooseVariant(choice).refusals).toEqual([{ field, reason: expect.any(String), remedy: expect.any(String) }]),
  );
});

const MAPPING = { acdMetadataName: 'task.origin', metadataLabel: 'From' };

describe('ACD-02 a field of another variant is refused, saying which one has it', () => {
  it.each<[AcdVariant, SentFormFields, string, string]>([
    ['2.0', { mediaApiUrl: 'https://rd-tenant.example/x' }, 'mediaApiUrl', '1.0-cmsv1, 1.0-to-2.0-cmsv2, 2.0-cmsv1'],
    ['2.0', { apiKey: 'k' }, 'apiKey', 'Cisco Customer Journey Platform'],
    ['2.0', { useCmsV2: true }, 'useCmsV2', 'Cisco Customer Journey Platform'],
    ['1.0-cmsv1', { clientRef: '0b0f4e5e-6d3a-4d0f-8a8e-2f1f5f0c9b10' }, 'clientRef', 'Cisco Webex Contact Center 2.0'],
    ['1.0-to-2.0-cmsv2', { qualityManagement: { enabled: false } }, 'qualityManagement', '2.0'],
    ['2.0-cmsv1', { qualityManagement: { enabled: true, voice: false } }, 'qualityManagement', '2.0'],
  ])('%s %j', (variant, sent, field, named) => {
    const [refusal, ...others] = refusalsOfVariant(variant, sent);
    expect(others).toEqual([]);
    expect(refusal).toMatchObject({ field, reason: expect.stringContaining(named) });
  });

  it.each<[AcdVariant, SentFormFields, string]>([
    ['1.0-cmsv1', { qualityManagement: { enabled: true, digital: true } }, 'qualityManagement.digital'],
    ['1.0-to-2.0-cmsv2', { qualityManagement: { enabled: true, digital: true } }, 'qualityManagement.digital'],
    ['2.0-cmsv1', { qualityManagement: { enabled: true, digital: true } }, 'qualityManagement.digital'],
    ['1.0-cmsv1', { metadataMappings: [MAPPING] }, 'metadataMappings'],
    ['1.0-to-2.0-cmsv2', { metadataMappings: [MAPPING] }, 'metadataMappings'],
    ['2.0-cmsv1', { metadataMappings: [MAPPING] }, 'metadataMappings'],
  ])('%s can’t: %j; 2.0 can', (variant, sent, field) => {
    const [refusal, ...others] = refusalsOfVariant(variant, sent);
    expect(others).toEqual([]);
    expect(refusal).toEqual({
      field,
      reason: expect.stringContaining(`not available in the variant ${variant}`),
      remedy: expect.stringContaining('2.0 (CWCC 2.0 with Programmatic APIs)'),
    });
  });

  it.each<[AcdVariant, SentFormFields]>([
    ['2.0', { clientRef: 'c', qualityManagement: { enabled: true, digital: true }, metadataMappings: [MAPPING] }],
    ['2.0', { mediaApiUrl: null, apiKey: null, useCmsV2: false }],
    ['1.0-cmsv1', { mediaApiUrl: 'm', apiKey: 'k', useCmsV2: false }],
    [
      '2.0-cmsv1',
      { clientRef: null, metadataMappings: [], qualityManagement: { enabled: true, voice: true, digital: false } },
    ],
  ])('%s %j is taken', (variant, sent) => expect(refusalsOfVariant(variant, sent)).toEqual([]));
});

describe('SEG-12 screen recording without screen pause is saved with a warning', () => {
  it.each<[AcdVariant, boolean, string[]]>([
    ['2.0-cmsv1', true, ['rteMessaging']],
    ['2.0-cmsv1', false, []],
    ['1.0-cmsv1', true, []],
    ['1.0-to-2.0-cmsv2', true, []],
    ['2.0', true, []],
  ])('%s, RTE messaging %s', (variant, rteMessaging, fields) => {
    const warnings = warningsOfVariant(variant, { rteMessaging });
    expect(warnings.map(({ field }) => field)).toEqual(fields);
    for (const { remedy } of warnings) expect(remedy).toContain('1.0-cmsv1, 1.0-to-2.0-cmsv2 or 2.0');
  });
});
